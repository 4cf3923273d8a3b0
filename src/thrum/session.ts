/** One turn on the wire: from its prompt to the worker's finish, with the client attached for the first part of it. */
import type { Event } from '../conversation/event.js';
import type { Fault } from '../conversation/fault.js';
import { TurnBuffer } from '../conversation/turn-buffer.js';
import type { Tone } from './codec.js';
import { ToneReader, type TurnFacts } from './tone-reader.js';

/**
 * `running`: the client waits for events. `settling`: the client has its end (or has left), and only the worker's finish is
 * awaited. `over`: nothing is awaited any more.
 */
export type Phase = 'running' | 'settling' | 'over';

export interface SessionOptions {
  readonly sid: string;
  readonly facts: TurnFacts;
  /** How many bytes of events may wait for the client. */
  readonly maxBufferBytes: number;
  /** When the prompt was sent, in ms on a monotonic clock. */
  readonly now: number;
  /** Told of each change of phase, in which the sessions do what it asks for on the wire. */
  onPhase(session: Session, phase: Phase): void;
}

/** An async iterable of event batches for exactly one consumer; leaving the loop early means that the client has left. */
export class Session implements AsyncIterableIterator<readonly Event[]> {
  readonly sid: string;
  /** When this phase last saw a sign of life (at first: when it began), in ms on a monotonic clock. */
  lastToneAt: number;
  /** True once anything shows that humd took the prompt: an echo or a tone. */
  isHeard = false;
  readonly #buffer: TurnBuffer;
  readonly #reader: ToneReader;
  readonly #onPhase: SessionOptions['onPhase'];
  #phase: Phase = 'running';
  #wake: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.sid = options.sid;
    this.lastToneAt = options.now;
    this.#onPhase = options.onPhase;
    this.#buffer = new TurnBuffer(options.maxBufferBytes);
    this.#reader = new ToneReader(options.facts, (event) => this.#buffer.offer(event));
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** True while the worker is parked on calls that the client has been given. */
  get isParked(): boolean {
    return this.#phase === 'running' && this.#reader.isParked;
  }

  /** Takes one tone of this sid. False: its chi is unknown. The consumer sees nothing before `flush`. */
  accept(tone: Tone, now: number): boolean {
    const isEnd = tone.chi === 'finish' || tone.chi === 'error';
    if (this.#phase !== 'running') {
      if (isEnd) this.#enter('over');
      return true;
    }
    this.lastToneAt = now;
    this.isHeard = true;
    const isKnown = this.#reader.read(tone);
    if (isEnd) this.#enter('over');
    else if (this.#buffer.ended) this.#enter('settling');
    return isKnown;
  }

  /** Hands what has come to a waiting consumer. */
  flush(): void {
    if (this.#buffer.isEmpty && this.#phase === 'running') return;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Ends the turn for the client on its tool calls while the worker is parked. */
  closeOnCalls(): void {
    this.#endWith(this.#reader.finishOnCalls(), 'settling');
  }

  /** Ends the turn for the client with a fault; the worker is told to stop. */
  fail(fault: Fault): void {
    this.#endWith({ type: 'fault', fault }, 'settling');
  }

  /** The link is gone: ends the turn, with nobody left to tell. */
  lose(fault: Fault): void {
    this.#endWith({ type: 'fault', fault }, 'over');
  }

  /** The client has left; it gets no end. */
  leave(): void {
    if (this.#phase === 'running') this.#enter('settling');
    this.flush();
  }

  /** The worker's finish is not waited for any longer. */
  forget(): void {
    this.#enter('over');
    this.flush();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly Event[], undefined>> {
    if (this.#buffer.isEmpty && this.#phase === 'running') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#buffer.isEmpty) return { done: true, value: undefined };
    return { done: false, value: this.#buffer.take() };
  }

  async return(): Promise<IteratorResult<readonly Event[], undefined>> {
    this.leave();
    return { done: true, value: undefined };
  }

  #endWith(event: Event, phase: 'settling' | 'over'): void {
    this.#buffer.offer(event);
    this.#enter(phase);
    this.flush();
  }

  #enter(phase: Phase): void {
    if (this.#phase === phase || this.#phase === 'over') return;
    this.#phase = phase;
    this.#onPhase(this, phase);
  }
}
