/** Looks over a turn's shoulder for what the model answered. */
import type { Event } from '../conversation/event.js';

/**
 * Passes a turn on, and calls `onEnd` once it is over with the whole text of an answer that ended by itself; with undefined
 * for one that was cut, failed, ended on tool calls or was left by its client.
 */
export async function* watchAnswer(
  turn: AsyncIterable<readonly Event[]>,
  onEnd: (answer: string | undefined) => void,
): AsyncGenerator<readonly Event[], void, undefined> {
  let text = '';
  let answer: string | undefined;
  try {
    for await (const batch of turn) {
      for (const event of batch) {
        if (event.type === 'text-delta') text += event.text;
        if (event.type === 'finish' && event.reason === 'stop') answer = text;
      }
      yield batch;
    }
  } finally {
    onEnd(answer);
  }
}
