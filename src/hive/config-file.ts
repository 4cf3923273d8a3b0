/** Reads a configuration file: one JSON object. */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import { isJsonObject, type JsonObject } from '../core/json-object.js';
import { systemCodeOf } from './system-code.js';

/**
 * The object in the file at `path`; undefined if there is no such file. Throws `ConfigError` if the file cannot be read
 * or holds anything else.
 */
export function readConfigFile(path: string): JsonObject | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const value = parse(text.replace(/^\uFEFF/, ''), path);
  if (isJsonObject(value)) return value;
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  throw new ConfigError(`${path}: holds ${found}; it must hold one JSON object, such as {"port": 11434}`);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EISDIR')
      throw new ConfigError(`${path}: is a folder; it must be a file with one JSON object`);
    throw new ConfigError(`${path}: cannot be read (${code ?? 'unknown error'})`, { cause: error });
  }
}

/** Without the parser's own words and without a cause: they quote the file, which may hold an API key. */
function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError(`${path}: is not JSON; it must hold one JSON object, such as {"port": 11434}`);
  }
}
