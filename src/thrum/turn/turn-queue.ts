/** The events of one turn on their way to its reader: a bounded queue that takes exactly one end. */
import { type Event, isEnd } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import { alternativesOf } from '../../core/logprobs.js';
import type { BufferBudget, WaitingAnswer } from './buffer-budget.js';

export interface TurnQueueOptions {
  /** How many bytes of text, reasoning and tool input may wait for the reader, in UTF-8, besides one event that is larger. */
  readonly maxBufferBytes: number;
  /** How many of them may be kept of one answer, where that is kept. */
  readonly maxAnswerBytes: number;
  /** What may wait for all readers together; absent where that is not counted. */
  readonly budget?: BufferBudget | undefined;
  /** Holds its worker back; absent where nothing does. */
  readonly holdBack?: HoldBack | undefined;
  /** The reader leaves before the end. */
  onLeave(): void;
  /** The turn was ended, because all readers together have too much waiting for them and this one has most. */
  onGivenUp(): void;
}

/** Stops and lets go who writes an answer. */
export interface HoldBack {
  hold(): void;
  letGo(): void;
}

/** From so many waiting bytes on, a worker that can be held back is. */
const HOLD_BYTES = 2 ** 18;
/** What one that is held back may have sent already. */
const SENT_BYTES = 2 ** 22;
/** What is kept of nearly every answer, and does not count. */
const SMALL_ANSWER_BYTES = 2 ** 16;
/** So many pieces may wait one by one: each takes more memory than its text. */
const MAX_PIECES = 1_024;
/** What a piece of an answer takes besides its text, about. */
const EVENT_BYTES = 56;

type Result = IteratorResult<readonly Event[], undefined>;

const NO_MORE: Result = { done: true, value: undefined };

/**
 * An async iterable of event batches for one reader; leaving the loop early means that the client has left. After the first
 * `finish` or `fault` nothing more is taken, whatever the wire does. More than the bound ends the turn with `client-too-slow`.
 */
export class TurnQueue implements AsyncIterableIterator<readonly Event[]>, WaitingAnswer {
  /** True where all of the answer is kept until its end. Of any other, the calls are. */
  isHeld = false;
  readonly #options: TurnQueueOptions;
  #events: Event[] = [];
  /** Of the events that wait, in bytes. */
  #size = 0;
  /** What of that is one event that is larger than the bound. */
  #largeBytes = 0;
  /** What of that the budget has been told of. */
  #counted = 0;
  /** What is kept, as its budget sees it; undefined while that is little. */
  #kept: (WaitingAnswer & { waitingBytes: number }) | undefined;
  /** From so many events on their pieces of text are joined. */
  #compactAt = MAX_PIECES;
  /** What is kept of the answer, read or not, in bytes. */
  #held = 0;
  #hasEnd = false;
  #isClosed = false;
  #holdsBack = false;
  /** Gives a batch, or the end, to the reader that waits for it. */
  #hand: ((result: Result) => void) | undefined;

  constructor(options: TurnQueueOptions) {
    this.#options = options;
  }

  /** True once the turn has its end: nothing more is taken. */
  get ended(): boolean {
    return this.#hasEnd;
  }

  /** What waits, in bytes. */
  get waitingBytes(): number {
    return this.#size;
  }

  /** Adds an event; the reader gets it with the next `flush`. */
  offer(event: Event): void {
    if (this.#hasEnd || this.#isClosed) return;
    if (isEnd(event)) {
      this.#hasEnd = true;
      this.#events.push(event);
      return;
    }
    const bytes = sizeOf(event);
    if (this.isHeld || event.type === 'tool-call') {
      this.#held += bytes + EVENT_BYTES;
      if (this.#held > this.#options.maxAnswerBytes) {
        this.#hasEnd = true;
        this.#events.push({ type: 'fault', fault: tooLong(this.#options.maxAnswerBytes) });
        return;
      }
    }
    const { maxBufferBytes: limit, holdBack } = this.#options;
    const most = holdBack === undefined ? limit : limit + SENT_BYTES;
    // One that is larger by itself says nothing of the reader's speed.
    const isLarge = bytes > limit && this.#largeBytes === 0;
    if (!isLarge && this.#size - this.#largeBytes + bytes > most) {
      this.#hasEnd = true;
      this.#events.push({ type: 'fault', fault: tooSlow(limit) });
      return;
    }
    this.#size += bytes;
    if (isLarge) this.#largeBytes = bytes;
    this.#events.push(event);
  }

  /** Puts an event in front of all that waits; the reader gets it with the rest. */
  offerFirst(event: Event): void {
    this.#events.unshift(event);
  }

  /** A read of the socket is over: what has come goes to the reader, or waits for it and counts from now on. */
  flush(): void {
    const hand = this.#hand;
    if (hand === undefined) {
      this.#count();
      this.#holdBack();
    }
    if (this.#held > SMALL_ANSWER_BYTES) this.#countKept();
    // The count may have given it up, and handed that over.
    if (hand !== undefined && hand === this.#hand && (this.#events.length > 0 || this.#isClosed)) {
      this.#hand = undefined;
      hand(this.#result());
    }
  }

  /** No more events, with or without an end. What waits can still be read. */
  close(): void {
    this.#isClosed = true;
    if (this.#events.length === 0) this.#release();
    this.flush();
  }

  /** Forgets what waits. */
  drop(): void {
    this.#take();
    this.#release();
  }

  /** Only the fault is left to read: room is made for other answers. */
  giveUp(limit: number): void {
    this.#endWith(allTooSlow(limit));
  }

  #endWith(fault: Fault): void {
    this.#hasEnd = true;
    this.#take();
    this.#events.push({ type: 'fault', fault });
    this.#options.onGivenUp();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#events.length > 0 || this.#hasEnd || this.#isClosed) return Promise.resolve(this.#result());
    return new Promise((resolve) => {
      this.#hand = resolve;
    });
  }

  async return(): Promise<Result> {
    const hadEnd = this.#hasEnd;
    this.#take();
    this.#release();
    if (!hadEnd) this.#options.onLeave();
    return NO_MORE;
  }

  #result(): Result {
    return this.#events.length === 0 ? NO_MORE : { done: false, value: this.#take() };
  }

  #holdBack(): void {
    const { holdBack, maxBufferBytes } = this.#options;
    if (holdBack === undefined || this.#holdsBack || this.#hasEnd) return;
    if (this.#size <= Math.min(HOLD_BYTES, maxBufferBytes / 2)) return;
    this.#holdsBack = true;
    holdBack.hold();
  }

  #take(): readonly Event[] {
    const events = this.#events;
    if (this.#holdsBack) {
      this.#holdsBack = false;
      this.#options.holdBack?.letGo();
    }
    this.#events = [];
    this.#size = 0;
    this.#largeBytes = 0;
    if (this.#counted > 0) this.#options.budget?.remove(this, this.#counted);
    this.#counted = 0;
    // What is kept stays so until the end is read.
    if (this.#hasEnd || this.#isClosed) this.#release();
    return events;
  }

  #release(): void {
    if (this.#kept !== undefined) this.#options.budget?.kept?.remove(this.#kept, this.#kept.waitingBytes);
    this.#kept = undefined;
    this.#held = 0;
  }

  #countKept(): void {
    const budget = this.#options.budget?.kept;
    if (budget === undefined) return;
    this.#kept ??= { waitingBytes: 0, giveUp: (limit) => this.#endWith(tooMuchHeld(limit)) };
    const bytes = this.#held - this.#kept.waitingBytes;
    this.#kept.waitingBytes = this.#held;
    if (bytes > 0) budget.add(this.#kept, bytes);
  }

  /** What is taken at once never counts, which is nearly everything. This answer may be given up for what it adds. */
  #count(): void {
    if (this.#events.length > this.#compactAt) {
      this.#events = joinPieces(this.#events);
      this.#compactAt = 2 * this.#events.length + MAX_PIECES;
    }
    const bytes = this.#size - this.#counted;
    if (bytes === 0) return;
    this.#counted = this.#size;
    this.#options.budget?.add(this, bytes);
  }
}

/** A token with its probability, about. */
const LOGPROB_BYTES = 64;

function sizeOf(event: Event): number {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return Buffer.byteLength(event.text);
    case 'logprobs':
      return event.tokens.reduce((sum, token) => sum + (1 + alternativesOf(token).length) * LOGPROB_BYTES, 0);
    case 'tool-call':
      return Buffer.byteLength(event.input);
    case 'tool-ran':
      return Buffer.byteLength(event.tool.input) + Buffer.byteLength(event.tool.output);
    default:
      return 0;
  }
}

/** The same with one piece in the place of several that follow each other. */
function joinPieces(events: readonly Event[]): Event[] {
  const joined: Event[] = [];
  for (let at = 0; at < events.length; at++) {
    const first = events[at];
    if (first === undefined) break;
    if (!isPiece(first)) {
      joined.push(first);
      continue;
    }
    const texts = [first.text];
    for (let next = events[at + 1]; next?.type === first.type && isPiece(next); next = events[at + 1]) {
      texts.push(next.text);
      at++;
    }
    joined.push({ type: first.type, text: texts.join('') });
  }
  return joined;
}

function isPiece(event: Event): event is Extract<Event, { type: 'text-delta' | 'reasoning-delta' }> {
  return event.type === 'reasoning-delta' || (event.type === 'text-delta' && event.isBreak !== true);
}

function tooSlow(limit: number): Fault {
  return new Fault('client-too-slow', `the answer was not read fast enough: more than ${limit} bytes waited`);
}

function allTooSlow(limit: number): Fault {
  return new Fault(
    'client-too-slow',
    `the answer was not read fast enough: more than ${limit} bytes of all answers waited, and most of this one`,
  );
}

function tooLong(limit: number): Fault {
  return new Fault('worker-error', `the answer takes more than ${limit} bytes, and was stopped there`);
}

function tooMuchHeld(limit: number): Fault {
  return new Fault(
    'worker-error',
    `all answers together take more than ${limit} bytes, and most of that this one, which was stopped`,
  );
}
