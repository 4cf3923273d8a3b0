/** Packages that are only needed where something is configured, and are not installed with this one: optional peers. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../hive/config-error.js';
import { systemCodeOf } from '../hive/system-code.js';

/**
 * What `load` imports. Rejects with a `ConfigError` that says what to install where one of its packages is missing.
 * @param setting what asks for it: the name of a variable
 * @param packages whose names begin so: `@redis/`
 */
export async function loadOptional<Module>(
  setting: string,
  packages: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const isMissing =
      systemCodeOf(error) === 'ERR_MODULE_NOT_FOUND' &&
      error instanceof Error &&
      error.message.includes(`'${packages}`);
    if (!isMissing) throw error;
    const names = optionalPeers().filter((name) => name.startsWith(packages));
    throw new ConfigError(
      `${setting} is set, and what it needs is not installed: npm install ${names.join(' ')}, beside thrum-bridge (with npx: --package for each)`,
      { cause: error },
    );
  }
}

/** Beside the program in `dist` as beside its sources. */
const PACKAGE = new URL('../../package.json', import.meta.url);

/** `@redis/client@^6.3.1`. */
function optionalPeers(): readonly string[] {
  const { peerDependencies }: { peerDependencies?: unknown } = Object(
    JSON.parse(readFileSync(PACKAGE, 'utf8')),
  );
  return Object.entries(Object(peerDependencies)).map(([name, range]) => `${name}@${String(range)}`);
}
