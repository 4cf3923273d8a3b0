/** Says whether an answer is the JSON that was asked for. */
import { LRUCache } from 'lru-cache';
import { Fault } from '../../core/fault.js';
import type { AnswerFormat, Tool } from '../../core/request.js';
import { NEVER_ABORTED, type TurnSignal } from '../../core/abort.js';
import { isJsonObject, parseJson } from '../../core/json-object.js';
import type { Task } from '../../threads/task.js';
import { ThreadPool } from '../../threads/thread-pool.js';
import { digestOf, TimedOut } from '../../threads/timed-out.js';
import { weighsMoreThan } from '../../threads/weight.js';
import type { JsonRoot } from './json-in-text.js';
import type { SchemaQuestion, Verdict } from './schema-check.js';

export interface AnswerCheck {
  readonly root: JsonRoot;
  /** What is wrong with `json`, without any of its text; undefined if nothing is. Rejects with `invalid-answer` if that cannot be found out. */
  complaintAbout(json: string): Promise<string | undefined>;
}

/** OpenAI takes 120,000 characters of names and values. */
export const MAX_SCHEMA_CHARACTERS = 131_072;

/** A value that weighs more has more characters: `[],` weighs least for its length. The text of a huge one is never made. */
const MAX_SCHEMA_WEIGHT = 8 * MAX_SCHEMA_CHARACTERS;

/** How long a schema may take to be compiled. Clients write them, and that can take exponential time. */
const COMPILE_MS = 500;
/** How long an answer may take to be held against one, which can as well. */
const CHECK_MS = 2_000;
/** Apart from the threads for large requests: clients that keep these busy delay only requests with a schema. */
const pool = new ThreadPool({
  maxThreads: 2,
  maxWaiting: 64,
  maxWaitMs: 30_000,
  deadlineMs: CHECK_MS,
  idleMs: 300_000,
  work: 'JSON Schemas are being checked',
});
/** Schemas that took too long. */
const timedOut = new TimedOut();

/** Not loaded here: the validator is large, and only threads use it. */
const JUDGE: Task<SchemaQuestion, Verdict> = {
  module: new URL('./schema-check.js', import.meta.url).href,
  name: 'judge',
  run: () => {
    throw new Error('only a thread judges');
  },
};

/**
 * The check for a format. Rejects with `bad-request` for what is no JSON Schema, for a schema with more than
 * `MAX_SCHEMA_CHARACTERS` or one that took too long, now or before, with `busy`, and with the signal's reason while it waits.
 */
export async function createCheck(
  { schema }: AnswerFormat,
  threads: ThreadPool = pool,
  signal: TurnSignal = NEVER_ABORTED,
): Promise<AnswerCheck> {
  if (schema === undefined)
    return { root: 'object', complaintAbout: async (json) => complaintAboutObject(json) };
  return checkOf({ schema, skipsPatterns: false }, threads, signal);
}

/** The digests of tools' schemas that were compiled in time. */
const compiledTools = new LRUCache<string, true>({ max: 1_024 });

/**
 * The check for the arguments of a strict tool; undefined for a schema that takes too long, which is not looked at. Nor is a `pattern` that
 * cannot be matched in linear time: such tools are written for the validators of other languages. Rejects with `bad-request` for what
 * is no JSON Schema or is too long, with `busy`, and with the signal's reason while it waits.
 */
export async function createArgumentsCheck(
  { name, inputSchema }: Pick<Tool, 'name' | 'inputSchema'>,
  signal: TurnSignal,
): Promise<AnswerCheck | undefined> {
  try {
    return await checkOf({ schema: inputSchema, skipsPatterns: true }, pool, signal);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'bad-request') throw error;
    if (error.reason === TOO_COMPLEX) return undefined;
    const message = `Invalid schema for the strict tool ${JSON.stringify(name)}: ${error.message}`;
    throw new Fault('bad-request', message, { param: 'tools', reason: 'invalid_function_parameters' });
  }
}

interface CheckQuestion {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly skipsPatterns: boolean;
}

async function checkOf(
  { schema, skipsPatterns }: CheckQuestion,
  threads: ThreadPool,
  signal: TurnSignal,
): Promise<AnswerCheck> {
  const text = weighsMoreThan(schema, MAX_SCHEMA_WEIGHT) ? undefined : JSON.stringify(schema);
  if (text === undefined || text.length > MAX_SCHEMA_CHARACTERS)
    throw unfit(`is longer than ${MAX_SCHEMA_CHARACTERS} characters`);
  const digest = digestOf([text]);
  const judge = async (json: string | undefined, deadlineMs?: number) => {
    try {
      return await threads.run(JUDGE, { schema: text, json, skipsPatterns }, signal, signal.client, {
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        // A thread that ends loses what it has compiled.
        runsOn: true,
        goesFirst: json !== undefined,
        check: () => refuseTimedOut(digest),
      });
    } catch (error) {
      if (isTimeout(error)) timedOut.add(digest);
      throw error;
    }
  };
  refuseTimedOut(digest);
  // An agent sends the same tools with each of its requests.
  if (!(skipsPatterns && compiledTools.has(digest)))
    await judge(undefined, COMPILE_MS).catch((error: unknown) => {
      if (!isTimeout(error)) throw error;
      throw tooComplex(`it was not compiled within ${COMPILE_MS / 1000} s`);
    });
  if (skipsPatterns) compiledTools.set(digest, true);
  return {
    root: rootOf(schema['type']),
    complaintAbout: async (json) => {
      const { complaint } = await judge(json).catch(notChecked);
      return complaint;
    },
  };
}

function refuseTimedOut(digest: string): void {
  if (timedOut.has(digest)) throw tooComplex('it took too long before');
}

function unfit(what: string): Fault {
  return new Fault('bad-request', `the format's JSON Schema ${what}`, { param: 'format' });
}

const TOO_COMPLEX = 'schema_too_complex';

function tooComplex(why: string): Fault {
  return unfit(`is too complex: ${why}`).with({ reason: TOO_COMPLEX });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Fault && error.code === 'timeout';
}

/** The worker has answered: another try would run, and charge, the prompt again. */
function notChecked(cause: unknown): never {
  if (!(cause instanceof Fault) || cause.code === 'client-left') throw cause;
  const reason = isTimeout(cause) ? 'its schema takes too long' : cause.message;
  throw new Fault('invalid-answer', `the model's answer could not be checked: ${reason}`, {
    afterPrompt: true,
    cause,
  });
}

function complaintAboutObject(json: string): string | undefined {
  const value = parseJson(json);
  if (value === undefined) return 'it is not valid JSON';
  return isJsonObject(value) ? undefined : 'it is not a JSON object';
}

/** From a schema's `type`: without one the value may be anything, of which an object or array is the most likely. */
function rootOf(type: unknown): JsonRoot {
  switch (type) {
    case 'object':
    case 'array':
      return type;
    case undefined:
      return 'either';
    default:
      return undefined;
  }
}
