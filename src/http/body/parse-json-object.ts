/** From the text of a request's body to the JSON object that it is, bounded in what it holds and how deep it nests. */
import type { z } from 'zod';
import { Fault } from '../../core/fault.js';
import { JsonScanner } from '../../core/json-scanner.js';
import { type BodyInput, decodeBody } from './decode-body.js';

/**
 * The most values that a body may hold. The largest that clients send hold some ten thousand; a body of tiny ones would take
 * a hundred times its own size in memory.
 */
export const MAX_VALUES = 500_000;

/** Levels of objects and arrays that a request body may have (humd takes about 120, counted from the tone). */
export const MAX_NESTING = 64;

/** A value takes two characters at least: its own and a comma. */
const CHARACTERS_OF_SMALLEST_VALUE = 2;

/** What a surface says of a body that is no object, or too much of one. The parser's own words would repeat the body. */
export interface BodyWords {
  readonly notJson: string;
  readonly empty: string;
  readonly notAnObject: string;
  readonly tooManyValues: string;
  readonly tooDeep: string;
}

/** Throws as `decodeBody` does for a body that is as it came. */
export function textOf(body: BodyInput<unknown>): string {
  return 'text' in body ? body.text : decodeBody(body);
}

/** Throws `bad-request` in these words if `text` is no JSON object, nests too deep or holds too much. */
export function parseJsonObject(text: string, words: BodyWords): object {
  if (text === '') throw new Fault('bad-request', words.empty);
  if (holdsTooManyValues(text)) throw new Fault('bad-request', words.tooManyValues);
  const body = parseJson(text, words.notJson);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Fault('bad-request', words.notAnObject);
  if (nestsDeeperThan(body)) throw new Fault('bad-request', words.tooDeep);
  return body;
}

function parseJson(text: string, notJson: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault('bad-request', notJson, { cause });
  }
}

/** True if `text`, which need not be whole, holds more than `MAX_VALUES`. To be asked before it is parsed. */
export function holdsTooManyValues(text: string): boolean {
  if (text.length <= CHARACTERS_OF_SMALLEST_VALUE * MAX_VALUES) return false;
  return countValues(text, MAX_VALUES + 1) > MAX_VALUES;
}

/** Those of the first object or array in `text`, exact only up to `limit`. */
export function countValues(text: string, limit: number): number {
  const scanner = new JsonScanner(limit);
  scanner.scan(text);
  return scanner.values;
}

/** True if `value` (parsed JSON) holds objects or arrays in more than `limit` levels. Before anything else walks it. */
export function nestsDeeperThan(value: unknown, limit: number = MAX_NESTING): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  for (const child of Array.isArray(value) ? value : Object.values(value)) {
    if (nestsDeeperThan(child, limit - 1)) return true;
  }
  return false;
}

/**
 * For `safeParse`. Without it a list of a million wrong items makes a million issues: hundreds of megabytes, and more than
 * zod can put together. Objects stop too, so that other fields are not looked at any more. `async` is what zod sets in its copy:
 * a key that is there already makes the copy, which every request takes, cheap (half the time of a small body's check).
 */
export const STOP_AT_FIRST: z.core.ParseContextInternal<z.core.$ZodIssue> = {
  async: false,
  abortEarly: true,
};
