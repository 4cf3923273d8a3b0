/** Sends a whole answer that may be large: what would hold up the event loop is written down in a thread. */
import type { Context } from 'hono';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { isLarge } from '../../threads/weight.js';
import { clientGone, clientOf } from '../caller.js';
import type { HttpEnv } from '../surface.js';
import { jsonText } from './line-text.js';
import { respondWhole } from './respond.js';
import { WireAnswer } from './wire-answer.js';

/** `value` as `WireAnswer.json` has it. Rejects as `ThreadPool.run` does where it is large: it goes before requests that are to be read. */
export async function respondJson(c: Context<HttpEnv>, value: unknown): Promise<Response> {
  if (!isLarge(value)) return respondWhole(c, WireAnswer.json(value));
  const bytes = await requestThreads.run(TO_JSON_BYTES, { value }, clientGone(c), clientOf(c), {
    goesFirst: true,
  });
  return new Response(c.req.method === 'HEAD' ? null : Buffer.from(bytes), {
    headers: { 'content-type': 'application/json' },
  });
}

/** JSON text in UTF-8. Pure. */
export function toJsonBytes({ value }: { readonly value: unknown }): Uint8Array {
  return new TextEncoder().encode(jsonText(value));
}

const TO_JSON_BYTES = defineTask(import.meta.url, 'toJsonBytes', toJsonBytes);
