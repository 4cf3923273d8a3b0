/** Reads a configuration file: one JSON object, in which comments may stand. */
import { readFileSync } from 'node:fs';
import { type DocumentNode, parse, type ValueNode } from '@humanwhocodes/momoa';
import { ConfigError } from './config-error.js';
import { isJsonObject, type JsonObject } from '../core/json-object.js';
import { systemCodeOf } from './system-code.js';

export interface ConfigText {
  readonly values: JsonObject;
  /** `path, line 3, column 5`: where the value at these keys stands, or as much of the way there as there is. */
  locate(keys: readonly PropertyKey[]): string;
  /** The same for a key itself, and not its value. */
  locateKey(keys: readonly PropertyKey[]): string;
}

/**
 * The object in the file at `path`; undefined if there is no such file. Throws `ConfigError` if the file cannot be read
 * or holds anything else.
 */
export function readConfigFile(path: string): ConfigText | undefined {
  const text = readText(path)?.replace(/^\uFEFF/, '');
  if (text === undefined) return undefined;
  const values = readJson(text, path);
  if (!isJsonObject(values)) {
    const found = values === null ? 'null' : Array.isArray(values) ? 'an array' : `a ${typeof values}`;
    throw new ConfigError(`${path}: holds ${found}; it must hold one JSON object, such as {"port": 11434}`);
  }
  // Only looked for where something is wrong.
  const locate = (keys: readonly PropertyKey[], ofKey: boolean) => {
    const { line, column } = placeOf(parseText(text, path), keys, ofKey);
    return placeIn(path, line, column);
  };
  return {
    values,
    locate: (keys) => locate(keys, false),
    locateKey: (keys) => locate(keys, true),
  };
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

/** Most files are plain JSON, which needs nothing else. */
function readJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // It has comments, or is wrong.
    return toValue(parseText(text, path).body);
  }
}

/** Without the parser's own words and without a cause: they quote the file, which may hold an API key. */
function parseText(text: string, path: string): DocumentNode {
  try {
    return parse(text, { mode: 'jsonc' });
  } catch (error) {
    const { line, column } = Object(error);
    const isPlace = typeof line === 'number' && typeof column === 'number';
    const place = isPlace ? placeIn(path, line, column) : path;
    throw new ConfigError(`${place}: is not JSON; it must hold one JSON object, such as {"port": 11434}`);
  }
}

function placeIn(path: string, line: number, column: number): string {
  return `${path}, line ${line}, column ${column}`;
}

/** Where keys are repeated the last one counts, as in `JSON.parse`. */
function toValue(node: ValueNode): unknown {
  switch (node.type) {
    case 'Object':
      return Object.fromEntries(
        node.members.map(({ name, value }) => [
          name.type === 'String' ? name.value : name.name,
          toValue(value),
        ]),
      );
    case 'Array':
      return node.elements.map(({ value }) => toValue(value));
    case 'String':
    case 'Number':
    case 'Boolean':
      return node.value;
    default:
      return null;
  }
}

function placeOf({ body }: DocumentNode, keys: readonly PropertyKey[], ofKey: boolean) {
  let node: ValueNode = body;
  let place = body.loc.start;
  for (const [index, key] of keys.entries()) {
    if (node.type === 'Array') {
      const element = typeof key === 'number' ? node.elements[key] : undefined;
      if (element === undefined) break;
      node = element.value;
    } else if (node.type === 'Object') {
      const member = node.members.findLast(
        ({ name }) => (name.type === 'String' ? name.value : name.name) === key,
      );
      if (member === undefined) break;
      node = member.value;
      if (ofKey && index === keys.length - 1) return member.name.loc.start;
    } else break;
    place = node.loc.start;
  }
  return place;
}
