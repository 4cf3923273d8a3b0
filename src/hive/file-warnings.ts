/** Warnings about files and folders that a configuration names: secrets that others may read, and folders that are not there. */
import { statSync } from 'node:fs';
import type { ApiKey } from '../core/rights.js';
import type { HiveConfig } from './config-keys.js';

const OF_OTHERS = 0o077;

/** The mode of the file, as `0644`, if somebody besides its owner may read or change it; undefined if not, or if there is none. */
export function exposedMode(path: string): string | undefined {
  let mode: number;
  try {
    mode = statSync(path).mode & 0o777;
  } catch {
    // What is wrong with the file is said where it is read.
    return undefined;
  }
  return (mode & OF_OTHERS) === 0 ? undefined : mode.toString(8).padStart(4, '0');
}

/** One line for each of the files that others may read. @param files each with what it holds, in words */
export function exposedWarnings(
  files: readonly { readonly path: string; readonly holds: string }[],
): readonly string[] {
  return files.flatMap(({ path, holds }) => {
    const mode = exposedMode(path);
    return mode === undefined
      ? []
      : [`${path}, which holds ${holds}, has mode ${mode}: others can read or change it (chmod 600 ${path})`];
  });
}

export interface NamedFolders {
  readonly config: Pick<HiveConfig, 'cwd' | 'cwdRoots' | 'models'>;
  readonly apiKeys: readonly ApiKey[];
}

/** One line for each folder that is not there, which says who names it and what comes of it: a warning, since it may come later. */
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
