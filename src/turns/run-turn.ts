/** What happens to every turn: it is observed, looked up in the answer cache, admitted by the gate, checked for its format and run. */
import { clientLeft, type TurnSignal } from '../core/abort.js';
import { type Event, isEnd } from '../core/event.js';
import { requireFound } from '../core/model.js';
import type { Turns } from '../core/port.js';
import type { TurnRequest } from '../core/request.js';
import { TurnObservation, type TurnObserver } from '../observe/turn-observer.js';
import type { AnswerCache, CacheEntry } from './answer-cache/answer-cache.js';
import { type Batches, type BatchResult, DeferredTurn, NO_MORE } from './deferred-turn.js';
import { answerInJson } from './json-answers/answer-in-json.js';
import { withStrictCalls } from './strict-calls.js';
import type { TurnGate } from './turn-gate.js';

export interface Stages {
  /** Each is called for every turn, in this order. */
  readonly observers: readonly TurnObserver[];
  /** Undefined where answers are not kept. Read for every turn. */
  readonly answers: AnswerCache | undefined;
  readonly gate: TurnGate;
  /** Where turns are run in the end. */
  readonly nest: Turns;
}

/**
 * Runs one turn through all stages. It begins when its first batch is asked for, and is over, for every stage, when its end
 * was read, when its reader leaves, or when something of ours throws: exactly once.
 */
export function runTurn(stages: Stages, request: TurnRequest, signal: TurnSignal): Batches {
  return new RunningTurn(stages, request, signal);
}

class RunningTurn implements AsyncIterableIterator<readonly Event[]> {
  readonly #stages: Stages;
  readonly #request: TurnRequest;
  readonly #signal: TurnSignal;
  readonly #inner: DeferredTurn;
  #observation: TurnObservation | undefined;
  /** Where the answer is kept; undefined where it is not to be. */
  #entry: CacheEntry | undefined;
  /** Gives the place at the gate back. May be called twice. */
  #leave: (() => void) | undefined;
  #isOver = false;

  constructor(stages: Stages, request: TurnRequest, signal: TurnSignal) {
    this.#stages = stages;
    this.#request = request;
    this.#signal = signal;
    this.#inner = new DeferredTurn(() => this.#begin(), signal);
  }

  next(): Promise<BatchResult> {
    if (this.#isOver) return Promise.resolve(NO_MORE);
    return this.#inner.next().then(this.#pass, this.#fail);
  }

  async return(): Promise<BatchResult> {
    try {
      return await this.#inner.return();
    } finally {
      this.#end();
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): Batches | Promise<Batches> {
    const { observers, answers } = this.#stages;
    const observation = new TurnObservation(observers, this.#request);
    this.#observation = observation;
    const request = { ...this.#request, format: undefined, onSent: observation.onSent };
    requireFound(request.resolved);
    const entry = answers?.entryFor(this.#request);
    return entry === undefined ? this.#enter(request) : this.#lookUp(entry, request);
  }

  async #lookUp(entry: CacheEntry, request: TurnRequest): Promise<Batches> {
    const kept = await entry.find();
    this.#throwIfLeft();
    if (kept !== undefined) return only(kept);
    this.#entry = entry;
    return this.#enter(request);
  }

  #enter(request: TurnRequest): Batches | Promise<Batches> {
    const entered = this.#stages.gate.enter(this.#signal);
    if (entered instanceof Promise) return entered.then((leave) => this.#run(leave, request));
    return this.#run(entered, request);
  }

  #run(leave: () => void, request: TurnRequest): Batches {
    const signal = this.#signal;
    this.#leave = leave;
    // A reader whose client has left may never ask for the next batch.
    signal.addEventListener('abort', leave);
    this.#throwIfLeft();
    const { format } = this.#request;
    const isStrict = request.tools.some(({ strict }) => strict === true);
    if (format === undefined && !isStrict) return this.#stages.nest.turn(request, signal);
    const counted = this.#observation?.counting(this.#stages.nest) ?? this.#stages.nest;
    const nest = isStrict ? withStrictCalls(counted) : counted;
    const kept = { ...request, isPassedOn: false };
    return format === undefined ? nest.turn(kept, signal) : answerInJson(nest, kept, format, signal);
  }

  /** The reader may have left while the turn waited: what it waited for is given back. */
  #throwIfLeft(): void {
    if (!this.#isOver && !this.#signal.aborted) return;
    this.#giveBack();
    throw clientLeft();
  }

  readonly #pass = (result: BatchResult): BatchResult => {
    if (result.done) {
      this.#end();
      return NO_MORE;
    }
    const { value } = result;
    const last = value.at(-1);
    if (last !== undefined && isEnd(last)) this.#giveBack();
    const batch = this.#entry?.record(value) ?? value;
    this.#observation?.batch(batch);
    return batch === value ? result : { done: false, value: batch };
  };

  readonly #fail = (error: unknown): never => {
    this.#end();
    throw error;
  };

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#giveBack();
    this.#observation?.end();
  }

  #giveBack(): void {
    if (this.#leave === undefined) return;
    this.#signal.removeEventListener('abort', this.#leave);
    this.#leave();
  }
}

/** A turn of one batch. */
async function* only(batch: readonly Event[]): AsyncGenerator<readonly Event[], void, undefined> {
  yield batch;
}
