/** For clients that do not want to see what the model thinks. */
import type { Event } from '../../core/event.js';

/**
 * The turn without its reasoning. Taken out here and not where the answer is written, so that reasoning that nobody sees
 * does not release the headers of a stream.
 */
export async function* withoutReasoning(
  turn: AsyncIterable<readonly Event[]>,
): AsyncGenerator<readonly Event[], void, undefined> {
  for await (const batch of turn) yield batch.filter((event) => event.type !== 'reasoning-delta');
}
