/** Looks over a turn's shoulder for what the model answered. */
import { type Event, isEnd } from '../../core/event.js';

/**
 * Passes a turn on, and calls `onEnd` once it is over with the whole text of an answer that ended by itself; with undefined
 * for one that was cut, failed, ended on tool calls or was left by its client. The end is passed on when `onEnd` has
 * resolved: a client that knows of it finds everything done.
 */
export async function* watchAnswer(
  turn: AsyncIterable<readonly Event[]>,
  onEnd: (answer: string | undefined) => Promise<void>,
): AsyncGenerator<readonly Event[], void, undefined> {
  let text = '';
  let isOver = false;
  try {
    for await (const batch of turn) {
      for (const event of batch) {
        if (event.type === 'text-delta') text += event.text;
        if (!isEnd(event)) continue;
        isOver = true;
        await onEnd(event.type === 'finish' && event.reason === 'stop' ? text : undefined);
      }
      yield batch;
    }
  } finally {
    if (!isOver) await onEnd(undefined);
  }
}
