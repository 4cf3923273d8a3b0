/** Ends a turn where a stop sequence comes, for workers that do not look at them. */
import type { Event } from './event.js';
import { Fault } from './fault.js';

/** A client writes them, and every character of an answer is compared with each; the hosted APIs take four. */
const MAX_STOPS = 128;

/** Throws `bad-request` for more than can be looked for while an answer streams. */
export function requireFewStops(stops: readonly string[]): void {
  if (stops.length <= MAX_STOPS) return;
  const message = `there are ${stops.length} stop sequences, and at most ${MAX_STOPS} are taken`;
  throw new Fault('bad-request', message, { param: 'stop' });
}

/**
 * The events of `turn` up to the one of `stops` that is complete first in its text, wherever the pieces are cut; the stop sequence itself is not
 * passed on. What could be the beginning of one is kept back until that is decided. The turn is left there, which cancels it.
 * `usage` is asked for the counts of a turn that is cut, which the worker cannot report any more.
 */
export async function* cutAtStop(
  turn: AsyncIterable<readonly Event[]>,
  stops: readonly string[],
  usage: (outputCharacters: number) => Extract<Event, { type: 'finish' }>['usage'],
): AsyncGenerator<readonly Event[], void, undefined> {
  const scanner = new StopScanner(stops);
  const pending = new PendingText();
  let written = 0;
  for await (const batch of turn) {
    const out: Event[] = [];
    for (const event of batch) {
      if (event.type !== 'text-delta') {
        if (event.type !== 'ready' && event.type !== 'reasoning-delta' && event.type !== 'logprobs') {
          pending.release(pending.length, out);
          scanner.reset();
        }
        out.push(event);
        continue;
      }
      const before = pending.length;
      pending.push(event);
      const found = scanner.scan(event.text);
      if (found !== undefined) {
        const at = before + found.end - found.length;
        pending.release(at, out);
        const { stop: stopSequence } = found;
        yield [...out, { type: 'finish', reason: 'stop', usage: usage(written + at), stopSequence }];
        return;
      }
      const free = pending.length - scanner.pending;
      written += free;
      pending.release(free, out);
    }
    if (out.length > 0) yield out;
  }
}

type TextDelta = Extract<Event, { type: 'text-delta' }>;

/** The text of which it is not decided yet whether a stop sequence begins in it. */
class PendingText {
  /** In characters. */
  length = 0;
  /** What separates two messages stays a piece of its own. */
  #pieces: TextDelta[] = [];

  push(delta: TextDelta): void {
    this.length += delta.text.length;
    const last = this.#pieces.at(-1);
    if (last === undefined || last.isBreak || delta.isBreak) this.#pieces.push(delta);
    else this.#pieces[this.#pieces.length - 1] = { type: 'text-delta', text: last.text + delta.text };
  }

  /** Moves the first `count` characters to `out`, but nothing that separates a message from one that has not begun. */
  release(count: number, out: Event[]): void {
    let left = count;
    let released = 0;
    for (const piece of this.#pieces) {
      const { length } = piece.text;
      if (piece.isBreak ? left <= length : left === 0) break;
      if (left < length) {
        out.push({ type: 'text-delta', text: piece.text.slice(0, left) });
        this.#pieces[released] = { type: 'text-delta', text: piece.text.slice(left) };
        this.length -= left;
        break;
      }
      if (piece.isBreak || length > 0) out.push(piece);
      left -= length;
      this.length -= length;
      released++;
    }
    this.#pieces = this.#pieces.slice(released);
  }
}

/** A stop sequence that is complete. */
interface FoundStop {
  /** The index behind it in the piece that was scanned last. It may have begun in an earlier one. */
  readonly end: number;
  readonly length: number;
  readonly stop: string;
}

/** One sequence, and how much of it stands at the end of what was scanned (the algorithm of Knuth, Morris and Pratt). */
interface Search {
  readonly stop: string;
  /** By length of a beginning: the length of its longest proper end that is a beginning too. */
  readonly fallbacks: Int32Array;
  matched: number;
}

/** Looks for stop sequences in a text that comes in pieces, in linear time whatever the text and the sequences are. */
class StopScanner {
  readonly #searches: readonly Search[];

  /** @param stops empty ones are never found */
  constructor(stops: readonly string[]) {
    this.#searches = stops
      .filter((stop) => stop !== '')
      .map((stop) => ({ stop, fallbacks: fallbacksOf(stop), matched: 0 }));
  }

  /** How many characters at the end of what was scanned could be the beginning of a stop sequence. */
  get pending(): number {
    return this.#searches.reduce((most, { matched }) => Math.max(most, matched), 0);
  }

  /** What was scanned has gone out: nothing of it belongs to a stop sequence any more. */
  reset(): void {
    for (const search of this.#searches) search.matched = 0;
  }

  /** The stop sequence that is complete first in `piece`, of several the longest. After one was found there is no more to scan. */
  scan(piece: string): FoundStop | undefined {
    for (let at = 0; at < piece.length; at++) {
      const character = piece.charCodeAt(at);
      let found = '';
      for (const search of this.#searches) {
        advance(search, character);
        if (search.matched === search.stop.length && search.matched > found.length) found = search.stop;
      }
      if (found !== '') return { end: at + 1, length: found.length, stop: found };
    }
    return undefined;
  }
}

function advance(search: Search, character: number): void {
  const { stop, fallbacks } = search;
  let { matched } = search;
  while (matched > 0 && stop.charCodeAt(matched) !== character) matched = fallbacks[matched] ?? 0;
  search.matched = stop.charCodeAt(matched) === character ? matched + 1 : 0;
}

function fallbacksOf(stop: string): Int32Array {
  const fallbacks = new Int32Array(stop.length + 1);
  let length = 0;
  for (let at = 1; at < stop.length; at++) {
    while (length > 0 && stop.charCodeAt(at) !== stop.charCodeAt(length)) length = fallbacks[length] ?? 0;
    if (stop.charCodeAt(at) === stop.charCodeAt(length)) length++;
    fallbacks[at + 1] = length;
  }
  return fallbacks;
}
