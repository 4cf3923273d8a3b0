/** Ends a turn where a stop sequence comes, for workers that do not look at them. */
import type { Event } from './event.js';

/**
 * The events of `turn` up to the one of `stops` that is complete first in its text, wherever the pieces are cut; the stop sequence itself is not
 * passed on. What could be the beginning of one is held until it is decided. The turn is left there, which cancels it.
 * `usage` is asked for the counts of a turn that is cut, which the worker cannot report any more.
 */
export async function* cutAtStop(
  turn: AsyncIterable<readonly Event[]>,
  stops: readonly string[],
  usage: (outputCharacters: number) => Extract<Event, { type: 'finish' }>['usage'],
): AsyncGenerator<readonly Event[], void, undefined> {
  let held = '';
  let written = 0;
  for await (const batch of turn) {
    const shown: Event[] = [];
    for (const event of batch) {
      if (event.type !== 'text-delta') {
        if (event.type !== 'ready' && event.type !== 'reasoning-delta') held = release(held, shown);
        shown.push(event);
        continue;
      }
      const text = held + event.text;
      const at = firstStop(text, stops);
      if (at !== -1) {
        release(text.slice(0, at), shown);
        yield [...shown, { type: 'finish', reason: 'stop', usage: usage(written + at) }];
        return;
      }
      const keep = longestBeginning(text, stops);
      written += text.length - keep;
      release(text.slice(0, text.length - keep), shown);
      held = text.slice(text.length - keep);
    }
    if (shown.length > 0) yield shown;
  }
}

function release(text: string, shown: Event[]): '' {
  if (text !== '') shown.push({ type: 'text-delta', text });
  return '';
}

/** Where the stop sequence begins that is complete first (of several, the longest), or -1. */
function firstStop(text: string, stops: readonly string[]): number {
  let first = -1;
  let firstEnd = Number.POSITIVE_INFINITY;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    const end = at + stop.length;
    if (at === -1 || end > firstEnd || (end === firstEnd && at > first)) continue;
    first = at;
    firstEnd = end;
  }
  return first;
}

/** How many characters at the end of `text` could be the beginning of a stop sequence. */
function longestBeginning(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
