/** The JSON of what replicas share, written and read in a thread where it is large. Nothing here rejects. */
import { NEVER_ABORTED } from '../../../core/abort.js';
import { parseJson } from '../../../core/json-object.js';
import { requestThreads } from '../../../threads/request-threads.js';
import { defineTask, type Task } from '../../../threads/task.js';
import { isLarge, LARGE } from '../../../threads/weight.js';

interface ToWrite {
  readonly value: unknown;
  readonly maxCharacters: number;
}

/** Undefined for what is longer than `maxCharacters`, or cannot be written now. */
export async function toSharedJson(value: unknown, maxCharacters: number): Promise<string | undefined> {
  const input = { value, maxCharacters };
  return !isLarge(value) ? writeJson(input) : inThread(WRITE_JSON, input);
}

/** Undefined for what is no JSON, or cannot be read now. */
export async function fromSharedJson(json: string): Promise<unknown> {
  return json.length <= LARGE ? readJson(json) : inThread(READ_JSON, json);
}

/** Pure. */
export function writeJson({ value, maxCharacters }: ToWrite): string | undefined {
  const json = JSON.stringify(value);
  return json.length > maxCharacters ? undefined : json;
}

/** Pure. */
export function readJson(json: string): unknown {
  return parseJson(json);
}

const WRITE_JSON = defineTask(import.meta.url, 'writeJson', writeJson);
const READ_JSON = defineTask(import.meta.url, 'readJson', readJson);

async function inThread<Input, Output>(task: Task<Input, Output>, input: Input): Promise<Output | undefined> {
  try {
    return await requestThreads.run(task, input, NEVER_ABORTED);
  } catch {
    // Too much is being read and written: this replica has its own copy.
    return undefined;
  }
}
