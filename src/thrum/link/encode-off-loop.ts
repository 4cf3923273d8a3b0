/** Makes the line of a large tone in a thread. */
import type { TurnSignal } from '../../core/abort.js';
import { LARGE, requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { weigh } from '../../threads/weight.js';
import { EncodedTone, encodeTone, type SentTone } from './tone-codec.js';

/** Exactly what `encodeTone` makes, as bytes. */
export function encodeLine(tone: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(encodeTone(tone));
}

export const ENCODE_LINE = defineTask(import.meta.url, 'encodeLine', encodeLine);

export function isLarge(value: unknown): boolean {
  return weigh(value, LARGE) > LARGE;
}

/** A large tone, encoded; rejects as `ThreadPool.run` does. */
export async function encodeOffLoop(
  tone: Readonly<Record<string, unknown>>,
  signal: TurnSignal,
): Promise<SentTone> {
  const line = await requestThreads.run(ENCODE_LINE, tone, signal);
  return new EncodedTone([line]);
}
