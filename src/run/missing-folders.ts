/** Finds the folders of a configuration that are not there: for a warning, since one may come later. */
import { statSync } from 'node:fs';
import type { ApiKey } from '../core/rights.js';
import type { HiveConfig } from '../hive/config-keys.js';

export interface NamedFolders {
  readonly config: Pick<HiveConfig, 'cwd' | 'cwdRoots' | 'models'>;
  readonly apiKeys: readonly ApiKey[];
}

/** One line each, which says who names it and what comes of it. */
export function missingFolders({ config, apiKeys }: NamedFolders): readonly string[] {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['cwd', config.cwd],
    ...config.models.map(({ name, cwd }) => [`cwd of the model ${name}`, cwd] as const),
    ...apiKeys.map(({ name, cwd }, index) => [`cwd of the API key ${name ?? index + 1}`, cwd] as const),
  ];
  return [
    ...named.flatMap(([who, path]) =>
      path === undefined || isFolder(path)
        ? []
        : [`${who}: there is no folder ${path}; requests that it is for get a 503`],
    ),
    ...config.cwdRoots
      .filter((path) => !isFolder(path))
      .map((path) => `cwdRoots: there is no folder ${path}; no client can name one below it`),
  ];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Absent, or not for us to see: workers, which mostly run as the same user, will not see it either.
    return false;
  }
}
