/** Makes what is large of a tone in a thread. */
import type { TurnSignal } from '../../core/abort.js';
import { encodeHistory, knownDigests, rememberEncoded } from '../../core/encoded-history.js';
import type { Message } from '../../core/request.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { EncodedTone, encodeTone, type SentTone } from './tone-codec.js';

/** Exactly what `encodeTone` makes, as bytes. */
export function encodeLine(tone: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(encodeTone(tone));
}

export const ENCODE_LINE = defineTask(import.meta.url, 'encodeLine', encodeLine);

/** A large tone, encoded; rejects as `ThreadPool.run` does. */
export async function encodeOffLoop(
  tone: Readonly<Record<string, unknown>>,
  signal: TurnSignal,
): Promise<SentTone> {
  const line = await requestThreads.run(ENCODE_LINE, tone, signal);
  return new EncodedTone([line]);
}

const ENCODE_HISTORY = defineTask(
  new URL('../../core/encoded-history.js', import.meta.url).href,
  'encodeHistory',
  encodeHistory,
);

/**
 * Has a large conversation encoded, where the thread that read its request has not done so. Rejects as `ThreadPool.run`
 * does.
 */
export async function learnHistory(messages: readonly Message[], signal: TurnSignal): Promise<void> {
  if (knownDigests(messages) === undefined)
    rememberEncoded(messages, await requestThreads.run(ENCODE_HISTORY, messages, signal));
}
