/** Reads the API keys that a hive is configured with, and what goes with each. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { type ApiKey, WORKER_TOOLS } from '../core/rights.js';
import { parseJson } from '../core/json-object.js';
import { ConfigError } from '../hive/config-error.js';
import { systemCodeOf } from '../hive/system-code.js';

/** Begins a value that is the path of a file with keys. */
const FILE_MARK = '@';

/** Begins a line that says more than the key. */
const OBJECT_MARK = '{';

/** A line of the file that is an object: each field with what it must be. */
const FIELDS = {
  key: z.string().regex(/^\S(.*\S)?$/),
  name: z
    .string()
    .regex(/^[\w.@:+ -]{1,64}$/)
    .optional(),
  workerTools: z.enum(WORKER_TOOLS).optional(),
  cwd: z.string().refine(isAbsolute).optional(),
  operator: z.boolean().optional(),
};

const ALLOWED: Readonly<Record<keyof typeof FIELDS, string>> = {
  key: 'a text without white space at its ends',
  name: '1 to 64 letters, digits, spaces and ._@:+-',
  workerTools: WORKER_TOOLS.join(', '),
  cwd: 'an absolute path',
  operator: 'true or false',
};

export const apiKeySchema = z.strictObject(FIELDS);

/**
 * The keys in `apiKey`'s value: one or several with commas between them, or `@/path` of a file with one in each line, as it is
 * or as an object that says what goes with it (blank lines and those that begin with `#` do not count). Undefined has none.
 * Throws `ConfigError`, without any key in it, if the file cannot be read, has a line that is wrong, or holds no key: then no key
 * would be asked for.
 */
export function readApiKeys(value: string | undefined): readonly ApiKey[] {
  if (value === undefined) return [];
  const text = value.trim();
  if (!text.startsWith(FILE_MARK)) return toLines(text, /,/).map((line) => ({ key: line.text }));
  const path = text.slice(FILE_MARK.length);
  if (!isAbsolute(path)) throw new ConfigError(`apiKey must have an absolute path after ${FILE_MARK}`);
  const lines = toLines(readText(path), /\r?\n/).filter((line) => !line.text.startsWith('#'));
  const keys = lines.map(({ text: line, number }) => ({
    number,
    ...readLine(line, `${path}, line ${number}`),
  }));
  if (keys.length === 0) throw new ConfigError(`apiKey: the file ${path} holds no key`);
  requireOneEach(keys, path);
  return keys.map(({ number: _, ...key }) => key);
}

/** The path of the file that the value names; undefined where it holds the keys itself. */
export function apiKeyFileOf(value: string | undefined): string | undefined {
  const text = value?.trim() ?? '';
  return text.startsWith(FILE_MARK) ? text.slice(FILE_MARK.length) : undefined;
}

interface Line {
  readonly text: string;
  /** From 1 on. */
  readonly number: number;
}

function toLines(text: string, separator: RegExp): readonly Line[] {
  return text
    .split(separator)
    .map((line, index) => ({ text: line.trim(), number: index + 1 }))
    .filter((line) => line.text !== '');
}

/** @param where names the line, not what it says: that may be a key */
function readLine(line: string, where: string): ApiKey {
  if (!line.startsWith(OBJECT_MARK)) return { key: line };
  const parsed = apiKeySchema.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(FIELDS).join(', ');
    throw new ConfigError(`apiKey: ${where} has a field that is none of ${known}`);
  }
  const field = Object.entries(ALLOWED).find(([name]) => name === issue?.path[0]);
  if (field === undefined) throw new ConfigError(`apiKey: ${where} begins with { and is no JSON object`);
  throw new ConfigError(`apiKey: ${where}: ${field[0]} must be ${field[1]}`);
}

/** A key may be there twice where nothing else is said of it; else it would not be plain what holds. */
function requireOneEach(keys: readonly (ApiKey & { readonly number: number })[], path: string): void {
  const first = new Map<string, ApiKey & { readonly number: number }>();
  for (const entry of keys) {
    const before = first.get(entry.key);
    if (before === undefined) first.set(entry.key, entry);
    else if (!isPlain(before) || !isPlain(entry))
      throw new ConfigError(`apiKey: ${path}, line ${entry.number} has the key of line ${before.number}`);
  }
}

function isPlain({ name, workerTools, cwd, operator }: ApiKey): boolean {
  return [name, workerTools, cwd, operator].every((field) => field === undefined);
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
