/** One sid on the wire: from its first prompt to the worker's last finish, over the turns in between. */
import type { BufferBudget } from './buffer-budget.js';
import type { Event } from '../../core/event.js';
import type { Fault } from '../../core/fault.js';
import type { Tone } from '../link/tone-codec.js';
import { EventStream } from './event-stream.js';
import { type GivenCall, ToneReader, type TurnFacts } from './tone-reader.js';

/**
 * `running`: a client waits for events. `parked`: the client has its tool calls, and the worker waits for their results.
 * `settling`: nobody waits any more but for the worker's finish. `over`: that has come, or is not waited for.
 */
export type Phase = 'running' | 'parked' | 'settling' | 'over';

export interface SessionOptions {
  readonly sid: string;
  readonly facts: TurnFacts;
  /** Who is known to answer: the id of the only worker of the model, as the roster has it. */
  readonly worker: string | undefined;
  /** How many bytes of events may wait for the client. */
  readonly maxBufferBytes: number;
  /** What may wait for all clients; absent where nobody counts that. */
  readonly budget?: BufferBudget | undefined;
  /** When the prompt was sent, in ms on a monotonic clock. */
  readonly now: number;
  /** Asked when the turn is closed on calls that park the worker: may it stay parked, or is it told to stop? */
  onCalls(session: Session): 'parked' | 'settling';
  /** Told of each change of phase, in which the sessions do what it asks for on the wire. */
  onPhase(session: Session, phase: Phase): void;
}

export class Session {
  readonly sid: string;
  readonly worker: string | undefined;
  /** When this phase last saw a sign of life (at first: when it began), in ms on a monotonic clock. */
  lastToneAt: number;
  /** When the prompt was last seen to be on its way still, in ms on the same clock: it may go unheard from then on. */
  unsentAt: number;
  /** True once anything shows that humd took the prompt: an echo or a tone. */
  isHeard = false;
  /** True if its sid may be gone on with after a finish of its own: then it is not cleaned up. */
  isKept = false;
  readonly #maxBufferBytes: number;
  readonly #budget: BufferBudget | undefined;
  readonly #onPhase: SessionOptions['onPhase'];
  #onCalls: SessionOptions['onCalls'];
  #reader: ToneReader;
  #stream: EventStream;
  #phase: Phase = 'running';
  #onTone: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.sid = options.sid;
    this.worker = options.worker;
    this.lastToneAt = options.now;
    this.unsentAt = options.now;
    this.#maxBufferBytes = options.maxBufferBytes;
    this.#budget = options.budget;
    this.#onPhase = options.onPhase;
    this.#onCalls = options.onCalls;
    this.#stream = this.#createStream();
    this.#reader = new ToneReader(options.facts, (event) => this.#offer(event));
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What the client of this turn hears; for exactly one reader. */
  get events(): EventStream {
    return this.#stream;
  }

  /** True while the worker is parked on calls that the client has been given but has no end behind. */
  get hasOpenCalls(): boolean {
    return this.#phase === 'running' && this.#reader.isParked;
  }

  /** The calls that the client was given since the last results. */
  get calls(): readonly GivenCall[] {
    return this.#reader.calls;
  }

  /** The model's own session id, as the worker told it. */
  get nestId(): string | undefined {
    return this.#reader.nestId;
  }

  /** True if the request of this turn brought the tool. */
  declares(tool: string): boolean {
    return this.#reader.declares(tool);
  }

  /** Takes one tone of this sid. False: its chi is unknown. The client sees nothing before `flush`. */
  accept(tone: Tone, now: number): boolean {
    const isEnd = tone.chi === 'finish' || tone.chi === 'error';
    if (this.#phase === 'settling' || this.#phase === 'over') {
      if (isEnd) this.#enter('over');
      return true;
    }
    this.lastToneAt = now;
    this.isHeard = true;
    this.#onTone?.();
    const isKnown = this.#reader.read(tone);
    if (isEnd) this.#enter('over');
    else if (this.#stream.ended) this.#enter('settling');
    return isKnown;
  }

  /** Hands what has come to a waiting client. */
  flush(): void {
    this.#stream.flush();
  }

  /** Ends the turn for the client on its tool calls. */
  closeOnCalls(): void {
    const stream = this.#stream;
    stream.offer(this.#reader.finishOnCalls());
    const next = this.#onCalls(this);
    if (next === 'parked') this.#stream = this.#createStream();
    this.#enter(next);
    stream.flush();
  }

  /**
   * The parked worker is given results: the turn goes on with another client's reader. What the worker said meanwhile comes
   * first. `facts` and `onCalls` are those of the request that brought the results.
   */
  resume(facts: TurnFacts, onCalls: SessionOptions['onCalls'], now: number): EventStream {
    this.#reader.resume(facts);
    this.#onCalls = onCalls;
    this.lastToneAt = now;
    this.#enter('running');
    return this.#stream;
  }

  /** Resolves with true when the next tone of this sid comes, with false if none has after `ms` and all pending reads. */
  hearsWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (heard: boolean) => {
        clearTimeout(timer);
        this.#onTone = undefined;
        resolve(heard);
      };
      const timer = setTimeout(() => setImmediate(() => done(false)), ms);
      this.#onTone = () => done(true);
    });
  }

  /** Ends the turn for the client with a fault; the worker is told to stop. */
  fail(fault: Fault): void {
    this.#endWith(fault, 'settling');
  }

  /** The link is gone: ends the turn, with nobody left to tell. */
  lose(fault: Fault): void {
    this.#endWith(fault, 'over');
  }

  /** Nobody wants this turn any more: the client has left, or goes on elsewhere. It gets no end. */
  leave(): void {
    if (this.#phase === 'running' || this.#phase === 'parked') this.#enter('settling');
    this.#stream.close();
  }

  /** The worker's finish is not waited for any longer. */
  forget(): void {
    this.#enter('over');
    this.#stream.close();
  }

  #createStream(): EventStream {
    const stream = new EventStream({
      maxBufferBytes: this.#maxBufferBytes,
      budget: this.#budget,
      onLeave: () => this.leave(),
      onGivenUp: () => {
        // The rest of an answer before the calls costs only that answer.
        if (stream === this.#stream) this.#enter('settling');
        stream.flush();
      },
    });
    return stream;
  }

  /** From the first sign that a worker was asked, every fault says so: nobody is to run the prompt again unasked. */
  #offer(event: Event): void {
    const isAfterPrompt = event.type === 'fault' && this.isHeard;
    this.#stream.offer(isAfterPrompt ? { ...event, fault: event.fault.with({ afterPrompt: true }) } : event);
  }

  #endWith(fault: Fault, phase: 'settling' | 'over'): void {
    this.#offer({ type: 'fault', fault });
    this.#enter(phase);
    this.#stream.flush();
    this.#onTone?.();
  }

  #enter(phase: Phase): void {
    if (this.#phase === phase || this.#phase === 'over') return;
    // What the worker has said since it was parked was for whoever brings the results: nobody does.
    if (this.#phase === 'parked' && phase !== 'running') this.#stream.drop();
    this.#phase = phase;
    this.#onPhase(this, phase);
  }
}
