/** Reads the API keys that a hive is configured with. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { ConfigError } from '../hive/config-error.js';
import { systemCodeOf } from '../hive/system-code.js';

/** Begins a value that is the path of a file with keys. */
const FILE_MARK = '@';

/**
 * The keys in `apiKey`'s value: one or several with commas between them, or `@/path` of a file with one key in each line
 * (blank lines and those that begin with `#` do not count). Undefined has none. Throws `ConfigError`, without any key in
 * it, if the file cannot be read, or holds no key: then no key would be asked for.
 */
export function readApiKeys(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  const text = value.trim();
  if (!text.startsWith(FILE_MARK)) return presentOnes(text.split(','));
  const path = text.slice(FILE_MARK.length);
  if (!isAbsolute(path)) throw new ConfigError(`apiKey must have an absolute path after ${FILE_MARK}`);
  const keys = presentOnes(readText(path).split(/\r?\n/)).filter((line) => !line.startsWith('#'));
  if (keys.length === 0) throw new ConfigError(`apiKey: the file ${path} holds no key`);
  return keys;
}

function presentOnes(texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `apiKey: the file ${path} cannot be read (${systemCodeOf(error) ?? 'unknown error'})`,
      { cause: error },
    );
  }
}
