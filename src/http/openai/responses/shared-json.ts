/** The JSON of what replicas share, written and read in a thread where it is large. */
import { NEVER_ABORTED } from '../../../core/abort.js';
import { Fault } from '../../../core/fault.js';
import { parseJson } from '../../../core/json-object.js';
import { requestThreads } from '../../../threads/request-threads.js';
import { defineTask } from '../../../threads/task.js';
import { isLarge, LARGE } from '../../../threads/weight.js';

interface ToWrite {
  readonly value: unknown;
  readonly maxCharacters: number;
}

/** Undefined for what is longer than `maxCharacters`, or cannot be written now. Never rejects. */
export async function toSharedJson(value: unknown, maxCharacters: number): Promise<string | undefined> {
  const input = { value, maxCharacters };
  if (!isLarge(value)) return writeJson(input);
  try {
    return await requestThreads.run(WRITE_JSON, input, NEVER_ABORTED);
  } catch {
    // Too much is being read and written: this replica has its own copy.
    return undefined;
  }
}

/** Undefined for what is no JSON. Rejects with `busy` where it cannot be read now, which does not say that it is not there. */
export async function fromSharedJson(json: string): Promise<unknown> {
  if (json.length <= LARGE) return readJson(json);
  try {
    return await requestThreads.run(READ_JSON, json, NEVER_ABORTED);
  } catch (cause) {
    throw new Fault('busy', 'too much that is kept is being read: try again in a moment', {
      retryAfterSeconds: 1,
      cause,
    });
  }
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
