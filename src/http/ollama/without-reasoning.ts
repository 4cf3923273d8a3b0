/** Keeps what a model thinks from a client that does not want it: `think: false` (spec/ollama.md §3.5). */
import type { Event } from '../../conversation/event.js';

/** `turn` without its reasoning; every batch stays, so that time is measured as it passes. */
export async function* withoutReasoning(
  turn: AsyncIterable<readonly Event[]>,
): AsyncGenerator<readonly Event[], void, undefined> {
  for await (const batch of turn) yield batch.filter((event) => event.type !== 'reasoning-delta');
}
