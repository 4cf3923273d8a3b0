/** What a table of configuration keys says of each key besides its type, and how its rows are made. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** How the text of an environment variable becomes a value; a list is separated by commas, `json` is read as it is. */
export type Reading = 'string' | 'integer' | 'boolean' | 'list' | 'json';

export interface KeyFacts {
  readonly reading: Reading;
  /** What holds for every hive; a hive's `default.json` goes before it. */
  readonly default?: unknown;
  /** Never shown. */
  readonly isSecret?: boolean;
  /** An empty string in a file is no value (hum's own openai-server seeds `"apiKey": ""`). */
  readonly emptyIsUnset?: boolean;
  /** Variables that are read after the key's own, first one first. */
  readonly otherEnv?: readonly string[];
  /** Ollama's own variable for it, which holds for `ollama-server` where nothing else says anything. */
  readonly ollamaEnv?: string;
  readonly description: string;
  /** Completes "must be …". */
  readonly allowed: string;
  /** What is wrong within a value that its schema refuses, where `allowed` alone would leave it to be searched for. */
  readonly explain?: (value: unknown) => Explanation | undefined;
}

export interface Explanation {
  /** From the key's own value to the piece that is wrong. */
  readonly path: readonly PropertyKey[];
  /** Which piece that is, after the key: `[1].capabilities[0] of "gpt"`. */
  readonly label: string;
  /** Goes on after it: `is "visions" but must be one of …`. */
  readonly complaint: string;
  /** True where a key itself is wrong, and not its value. */
  readonly isKey?: boolean;
}

/** One row of the table. */
export interface ConfigKey extends Required<Omit<KeyFacts, 'default' | 'ollamaEnv' | 'explain'>> {
  readonly name: string;
  /** Undefined where the hive's `default.json` says it, or where there is none. */
  readonly default: unknown;
  readonly ollamaEnv?: string;
  readonly explain?: KeyFacts['explain'];
}

const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_COUNT = 1_000_000;
export const MIB = 2 ** 20;
/** Well below the longest string that Node can hold. */
const MAX_BYTES = 256 * MIB;

export const facts = z.registry<KeyFacts>();

/** The rows of a table, in the order in which they are shown. */
export function toConfigKeys(shape: Readonly<Record<string, z.ZodType>>): readonly ConfigKey[] {
  return Object.entries(shape).map(([name, schema]) => {
    const row = facts.get(schema);
    if (row === undefined) throw new Error(`the configuration key ${name} has no description`);
    return { isSecret: false, emptyIsUnset: false, otherEnv: [], ...row, name, default: row.default };
  });
}

export function texts() {
  return z.array(z.string().regex(/\S/)).readonly();
}

export function absolutePaths() {
  return z.array(z.string().refine(isAbsolute)).readonly();
}

export function count(byDefault: number, description: string, least = 1) {
  return z
    .int()
    .min(least)
    .max(MAX_COUNT)
    .register(facts, {
      reading: 'integer',
      default: byDefault,
      description,
      allowed: `a whole number from ${least} to ${MAX_COUNT}`,
    });
}

export function milliseconds(byDefault: number, description: string, least = 1) {
  return z
    .int()
    .min(least)
    .max(MAX_TIMER_MS)
    .register(facts, {
      reading: 'integer',
      default: byDefault,
      description,
      allowed: `a whole number of milliseconds from ${least} to ${MAX_TIMER_MS}`,
    });
}

export function bytes(byDefault: number, description: string) {
  return z
    .int()
    .min(1)
    .max(MAX_BYTES)
    .register(facts, {
      reading: 'integer',
      default: byDefault,
      description,
      allowed: `a whole number of bytes from 1 to ${MAX_BYTES}`,
    });
}
