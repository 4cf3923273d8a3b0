/** Ends a turn where a stop sequence comes, for workers that do not look at them. */
import type { Event } from './event.js';
import { Fault } from './fault.js';
import { StopScanner } from './stop-scanner.js';

/** A client writes them, and every character of an answer is held against each; the hosted APIs take four. */
const MAX_STOPS = 128;

/** Throws `bad-request` for more than can be looked for while an answer streams. */
export function requireFewStops(stops: readonly string[]): void {
  if (stops.length <= MAX_STOPS) return;
  const message = `there are ${stops.length} stop sequences, and at most ${MAX_STOPS} are taken`;
  throw new Fault('bad-request', message, { param: 'stop' });
}

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
  const scanner = new StopScanner(stops);
  let held = '';
  let written = 0;
  for await (const batch of turn) {
    const shown: Event[] = [];
    for (const event of batch) {
      if (event.type !== 'text-delta') {
        if (event.type !== 'ready' && event.type !== 'reasoning-delta') {
          held = release(held, shown);
          scanner.reset();
        }
        shown.push(event);
        continue;
      }
      const text = held + event.text;
      const found = scanner.scan(event.text);
      if (found !== undefined) {
        const at = held.length + found.end - found.length;
        release(text.slice(0, at), shown);
        yield [...shown, { type: 'finish', reason: 'stop', usage: usage(written + at) }];
        return;
      }
      const keep = scanner.pending;
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
