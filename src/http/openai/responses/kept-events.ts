/**
 * The events of streamed responses, kept for a while so that a client that lost its stream can take it up again
 * (src/http/openai/README.md, "Background"). In this process alone; bounded by their number, their bytes and their age.
 */
import type { TurnSignal } from '../../../core/abort.js';
import { Fault } from '../../../core/fault.js';
import type { Clock } from '../../clock.js';
import { DONE } from '../sse.js';

/** Read at each use. */
export interface EventLimits {
  /** Of how many responses. */
  readonly maxKeptStreams: number;
  /** Of all of them together, counted in characters. */
  readonly maxKeptStreamBytes: number;
  /** Since the end of a response. */
  readonly keptStreamMs: number;
}

export class KeptEvents {
  readonly #limits: EventLimits;
  readonly #clock: Clock;
  /** By owner and id: those that are written to, the oldest first, and those that were closed, the first of them first. */
  readonly #open = new Map<string, EventLog>();
  readonly #closed = new Map<string, EventLog>();
  #bytes = 0;

  constructor(limits: EventLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size + this.#closed.size;
  }

  /** Of all that is kept, in characters. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The log of a response that begins. */
  open(keyId: string | undefined, id: string): EventLog {
    this.#makeRoom(1);
    const key = toKey(keyId, id);
    const log: EventLog = new EventLog({
      appended: (bytes) => {
        this.#bytes += bytes;
        if (this.#bytes > this.#limits.maxKeptStreamBytes) this.#makeRoom(0);
      },
      close: () => {
        if (this.#open.delete(key)) this.#closed.set(key, log);
        return this.#clock.monotonic();
      },
      forget: () => {
        if (this.#open.delete(key) || this.#closed.delete(key)) this.#bytes -= log.bytes;
      },
    });
    this.#open.set(key, log);
    return log;
  }

  /** Undefined where nothing is kept of it, or not any more. */
  find(keyId: string | undefined, id: string): EventLog | undefined {
    this.#makeRoom(0);
    const key = toKey(keyId, id);
    return this.#open.get(key) ?? this.#closed.get(key);
  }

  /** False: there was nothing. */
  delete(keyId: string | undefined, id: string): boolean {
    const log = this.find(keyId, id);
    log?.delete();
    return log !== undefined;
  }

  /** What is too old goes; past a limit those that have ended, then those that began first. */
  #makeRoom(logs: number): void {
    const { keptStreamMs, maxKeptStreams, maxKeptStreamBytes } = this.#limits;
    const isFull = () => this.size + logs > maxKeptStreams || this.#bytes > maxKeptStreamBytes;
    const before = this.#clock.monotonic() - keptStreamMs;
    for (const log of this.#closed.values()) {
      if (!isFull() && (log.closedAt ?? before) >= before) break;
      log.forget();
    }
    for (const log of this.#open.values()) {
      if (!isFull()) return;
      log.forget();
    }
  }
}

/** Of one owner's response. */
export function toKey(keyId: string | undefined, id: string): string {
  return `${keyId ?? ''} ${id}`;
}

interface LogOwner {
  appended(bytes: number): void;
  /** The time, in ms on a clock that never goes back. */
  close(): number;
  forget(): void;
}

/** The events of one response, as frames of an event stream. */
export class EventLog {
  readonly #owner: LogOwner;
  readonly #texts: string[] = [];
  /** How many texts have come, kept or not. */
  #count = 0;
  #bytes = 0;
  #closedAt: number | undefined;
  #isForgotten = false;
  #isDeleted = false;
  readonly #waiting = new Set<() => void>();

  constructor(owner: LogOwner) {
    this.#owner = owner;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When it was closed, on the owner's clock; undefined while more may come. */
  get closedAt(): number | undefined {
    return this.#closedAt;
  }

  /** @param text whole frames, or '' */
  append(text: string): void {
    if (text === '' || this.#isForgotten) return;
    this.#texts.push(text);
    this.#count++;
    this.#bytes += text.length;
    this.#owner.appended(text.length);
    this.#wake();
  }

  /** Nothing more comes. May be called twice. */
  close(): void {
    this.#closedAt ??= this.#owner.close();
    this.#wake();
  }

  /** True once its client wants nothing kept of the response, be it over or not. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  delete(): void {
    this.#isDeleted = true;
    this.forget();
  }

  /** Gives its memory back; a reader of it is cut off, unless it has read all. */
  forget(): void {
    if (this.#isForgotten) return;
    this.#isForgotten = true;
    this.#owner.forget();
    this.#texts.length = 0;
    this.#wake();
  }

  /**
   * The events behind the one with this number (-1: all), those to come included, up to the end. Ends when the signal aborts; rejects with
   * `output-lost` where they are not kept any more.
   */
  async *follow(after: number, signal: TurnSignal): AsyncGenerator<string, void, undefined> {
    let at = 0;
    let number = 0;
    while (!signal.aborted) {
      if (this.#closedAt !== undefined && at === this.#count) return;
      if (this.#isForgotten)
        throw new Fault('output-lost', 'the events of this response are not kept any more');
      const text = this.#texts[at];
      if (text === undefined) {
        await this.#more(signal);
        continue;
      }
      at++;
      if (number > after) {
        yield text;
        continue;
      }
      let wanted = '';
      for (const frame of text.split(FRAME_END).slice(0, -1)) {
        if (number > after || frame + FRAME_END === DONE) wanted += frame + FRAME_END;
        if (!frame.startsWith(COMMENT)) number++;
      }
      if (wanted !== '') yield wanted;
    }
  }

  #more(signal: TurnSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

const FRAME_END = '\n\n';
/** Begins a frame that is no event, and has no number. */
const COMMENT = ':';
