/** Lets whoever sent a request see the tones that its turn is made of, in both directions, as they go by. */
import { Fault } from '../../core/fault.js';
import type { Caller } from '../../core/request.js';
import { toTimestamp } from '../../core/timestamp.js';
import { EncodedTone, encodeJson, type SentTone, type Tone } from './tone-codec.js';

export interface TappedTone {
  readonly direction: 'sent' | 'received';
  /** RFC 3339, in UTC. */
  readonly at: string;
  /** Its JSON without the newline; a long one is cut, and then no JSON any more. */
  readonly line: string;
}

/** How many requests may be watched at once. */
const MAX_TAPS = 16;
/** What may wait for a reader, in characters; one who is slower than that has seen the last of it. */
const MAX_QUEUED_CHARACTERS = 1_048_576;
/** What is shown of one tone. */
const MAX_LINE_CHARACTERS = 65_536;

/** All that are watched. Costs one look for each read and each tone sent as long as nobody watches. */
export class ToneTaps {
  /** By request id; undefined where there is none. */
  #taps: Map<string, ToneTap> | undefined;
  readonly #bySid = new Map<string, ToneTap>();

  /**
   * The tones of a request that is still to come, and that must come with the same key. Throws `bad-request` if it is watched
   * already, `busy` if too many are.
   */
  watch(requestId: string, keyId: string | undefined): ToneTap {
    const taps = this.#taps ?? new Map<string, ToneTap>();
    if (taps.has(requestId)) throw new Fault('bad-request', 'this request is watched already');
    if (taps.size >= MAX_TAPS) throw new Fault('busy', 'too many requests are watched at once');
    const tap = new ToneTap(keyId, () => this.#forget(requestId, tap));
    this.#taps = taps.set(requestId, tap);
    return tap;
  }

  /** A turn is about to go out under `sid`, and what comes of that belongs to its caller's request. */
  follow(sid: string, caller: Caller | undefined): void {
    if (this.#taps === undefined || caller === undefined) return;
    const tap = this.#taps.get(caller.requestId);
    if (tap !== undefined && tap.keyId === caller.keyId) this.#bySid.set(sid, tap);
  }

  sent(tone: SentTone): void {
    if (this.#taps === undefined) return;
    const sid = tone instanceof EncodedTone ? sidIn(headOf(tone)) : tone['sid'];
    if (typeof sid === 'string') this.#bySid.get(sid)?.offer('sent', () => lineOf(tone));
  }

  received(tones: readonly Tone[]): void {
    if (this.#taps === undefined) return;
    for (const tone of tones) {
      if (typeof tone.sid === 'string') this.#bySid.get(tone.sid)?.offer('received', () => lineOf(tone));
    }
  }

  /** Ends all. */
  close(): void {
    for (const tap of this.#taps?.values() ?? []) tap.close();
  }

  #forget(requestId: string, tap: ToneTap): void {
    for (const [sid, followed] of this.#bySid) if (followed === tap) this.#bySid.delete(sid);
    this.#taps?.delete(requestId);
    if (this.#taps?.size === 0) this.#taps = undefined;
  }
}

/** The tones of one request, for one reader, in batches. It ends when it is closed, or its reader is too slow. */
export class ToneTap implements AsyncIterable<readonly TappedTone[]> {
  readonly keyId: string | undefined;
  readonly #onEnd: () => void;
  #queue: TappedTone[] = [];
  #queuedCharacters = 0;
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor(keyId: string | undefined, onEnd: () => void) {
    this.keyId = keyId;
    this.#onEnd = onEnd;
  }

  offer(direction: TappedTone['direction'], toLine: () => string): void {
    if (this.#hasEnded) return;
    const line = toLine();
    this.#queue.push({ direction, at: toTimestamp(Date.now()), line });
    this.#queuedCharacters += line.length;
    if (this.#queuedCharacters > MAX_QUEUED_CHARACTERS) this.close();
    else this.#wake?.();
  }

  /** May be called twice. */
  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly TappedTone[], void, undefined> {
    for (;;) {
      if (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        this.#queuedCharacters = 0;
        yield batch;
      } else if (this.#hasEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function lineOf(tone: SentTone): string {
  const line = tone instanceof EncodedTone ? headOf(tone).trimEnd() : encodeJson(tone);
  return line.length > MAX_LINE_CHARACTERS ? `${line.slice(0, MAX_LINE_CHARACTERS)}…` : line;
}

/** As much of it as is shown, and one character more if there is more. */
function headOf({ parts }: EncodedTone): string {
  let head = '';
  for (const part of parts) {
    if (head.length > MAX_LINE_CHARACTERS) break;
    head += typeof part === 'string' ? part : textOf(part);
  }
  return head;
}

function textOf(bytes: Uint8Array): string {
  const most = (MAX_LINE_CHARACTERS + 1) * 3;
  return new TextDecoder().decode(bytes.subarray(0, most));
}

/** In what we encode ourselves the sid stands before all that a client had a say in. */
function sidIn(head: string): string | undefined {
  return /^\{"chi":"[a-z-]+","rid":"[^"\\]*","sid":"([^"\\]*)"/.exec(head)?.[1];
}
