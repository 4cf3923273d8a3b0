/** The whole answers of a request that asks for several. */
import { type Answer, collect } from '../../core/collect.js';
import type { Event } from '../../core/event.js';

/**
 * All answers, in the order of `turns`. Rejects with the first fault of any, and then calls `cancel` for the others.
 * `onEvents`, if given, sees each batch of each turn.
 */
export async function collectAnswers(
  turns: readonly AsyncIterable<readonly Event[]>[],
  cancel: () => void,
  onEvents?: (batch: readonly Event[]) => void,
): Promise<readonly Answer[]> {
  try {
    return await Promise.all(turns.map((turn) => collect(turn, onEvents)));
  } catch (error) {
    cancel();
    throw error;
  }
}
