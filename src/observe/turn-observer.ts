/** How turns are observed: what observers get, once for each batch and never for each token, and what is recorded at the end. */
import { estimateTokens, inputCharacters } from '../core/estimate-tokens.js';
import type { TurnSignal } from '../core/abort.js';
import { addUsage, type Event, type Usage } from '../core/event.js';
import type { Fault } from '../core/fault.js';
import { foundModel } from '../core/model.js';
import type { Turns } from '../core/port.js';
import type { PromptKind, SessionUse, TurnRequest } from '../core/request.js';
import { toTimestamp } from '../core/timestamp.js';
import type { TurnRecord } from './records.js';

/** A turn while it runs; always the same object for one turn. */
export interface ObservedTurn {
  /** Counts the turns of this process. */
  readonly number: number;
  readonly request: TurnRequest;
  /** The model's name as the client wrote it; a long one is cut. */
  readonly model: string;
  /** When it began: RFC 3339, in UTC. */
  readonly at: string;
  /** The same in ms on a monotonic clock. */
  readonly startedAt: number;
  /** The session on the wire, the last one if there were several; undefined while nothing was sent. */
  readonly sid: string | undefined;
  /** When the first event came that a client sees, on the same clock. */
  readonly firstAt: number | undefined;
  /** How many pieces of text and reasoning have come. */
  readonly deltas: number;
}

/** A turn that has ended, however it did. */
export interface EndedTurn {
  readonly record: TurnRecord;
  /** What it ended in, if that is a fault. */
  readonly fault: Fault | undefined;
}

/** Nothing that an observer does may throw or wait. */
export interface TurnObserver {
  begin?(turn: ObservedTurn): void;
  /**
   * It went out to humd under `turn.sid`. May come more than once: a repair is another prompt.
   * @param use what became of its conversation at a worker that remembers conversations; undefined at any other
   */
  sent?(turn: ObservedTurn, kind: PromptKind, use: SessionUse | undefined): void;
  /**
   * A batch with something that a client sees has come.
   * @param deltas how many pieces of text and reasoning it has
   * @param gapMs since the batch before it; undefined for the first
   */
  batch?(turn: ObservedTurn, deltas: number, gapMs: number | undefined): void;
  /** Called once, before `end`, for a turn that ends in a fault. That a client left is none. */
  fault?(turn: ObservedTurn, fault: Fault, record: TurnRecord): void;
  /** Called once, when the reader has come to the end of the turn or has left it. */
  end?(turn: ObservedTurn, ended: EndedTurn): void;
}

/** What is recorded of a model's name, which may be any text. */
const MAX_MODEL_CHARACTERS = 256;

const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };

/** What one answer of a worker has taken so far. */
interface Round {
  readonly request: TurnRequest;
  characters: number;
  /** Once it has ended. */
  usage: Usage | undefined;
}

let turns = 0;

/** All observers hear of the turn, in their order. */
export class TurnObservation implements ObservedTurn {
  readonly number = turns++;
  readonly request: TurnRequest;
  readonly model: string;
  readonly #begunAt = Date.now();
  readonly startedAt = performance.now();
  sid: string | undefined;
  firstAt: number | undefined;
  deltas = 0;
  readonly #observers: readonly TurnObserver[];
  #fault: Fault | undefined;
  #lastAt: number | undefined;
  #outcome: TurnRecord['outcome'] = 'left';
  #usage = NO_USAGE;
  #isCached = false;
  /** Of all that was streamed. */
  #characters = 0;
  /** The answers of workers that may be kept back from the client, and made anew. */
  readonly #rounds: Round[] = [];

  /** The turn begins. */
  constructor(observers: readonly TurnObserver[], request: TurnRequest) {
    this.request = request;
    this.model = request.model.slice(0, MAX_MODEL_CHARACTERS).toWellFormed();
    this.#observers = observers;
    for (const observer of observers) observer.begin?.(this);
  }

  /** Put into words only when it is asked for, which is behind the answer. */
  get at(): string {
    return toTimestamp(this.#begunAt);
  }

  /** It goes out to humd. */
  readonly onSent = (sid: string, kind: PromptKind, use?: SessionUse): void => {
    this.sid = sid;
    this.request.onSent?.(sid, kind, use);
    for (const observer of this.#observers) observer.sent?.(this, kind, use);
  };

  /** `nest`, for a turn that may keep back what it is answered, and ask again: all that was answered counts, given or not. */
  counting(nest: Turns): Turns {
    return { turn: (request, signal) => this.#count(nest, request, signal) };
  }

  async *#count(nest: Turns, request: TurnRequest, signal: TurnSignal) {
    const round: Round = { request, characters: 0, usage: undefined };
    this.#rounds.push(round);
    for await (const batch of nest.turn(request, signal)) {
      for (const event of batch) {
        if (event.type === 'finish') round.usage = event.usage;
        else round.characters += charactersOf(event);
      }
      yield batch;
    }
  }

  batch(batch: readonly Event[]): void {
    const [first] = batch;
    if (first?.type === 'ready' && first.cache === 'hit') this.#isCached = true;
    let deltas = 0;
    let isShown = false;
    for (const event of batch) {
      const { type } = event;
      if (type === 'text-delta' || type === 'reasoning-delta') deltas++;
      this.#characters += charactersOf(event);
      if (type !== 'ready') isShown = true;
    }
    const end = batch.at(-1);
    if (end?.type === 'finish') {
      this.#outcome = end.reason;
      if (!this.#isCached) this.#usage = end.usage;
    } else if (end?.type === 'fault') this.#fail(end.fault);
    if (!isShown) return;
    const now = performance.now();
    const gapMs = this.#lastAt === undefined ? undefined : now - this.#lastAt;
    this.#lastAt = now;
    this.firstAt ??= now;
    this.deltas += deltas;
    for (const observer of this.#observers) observer.batch?.(this, deltas, gapMs);
  }

  /** Nothing more comes of it: its end was read, or its reader has left. To be called once. */
  end(): void {
    const record = this.#toRecord();
    const fault = this.#fault;
    if (fault !== undefined) for (const observer of this.#observers) observer.fault?.(this, fault, record);
    const ended = { record, fault };
    for (const observer of this.#observers) observer.end?.(this, ended);
  }

  /** That a client left is no fault, whichever part noticed it. */
  #fail(fault: Fault): void {
    const { code } = fault;
    if (code === 'client-left') return;
    this.#outcome = code;
    this.#fault = fault;
  }

  /** A turn that came to no end of its own counts what its workers have answered. */
  #toUsage(): Usage {
    if (this.#usage !== NO_USAGE || this.#isCached) return this.#usage;
    if (this.#rounds.length === 0) return estimate(this.request, this.#characters);
    return this.#rounds
      .map(({ request, characters, usage }) => usage ?? estimate(request, characters))
      .reduce(addUsage);
  }

  #toRecord(): TurnRecord {
    const { caller, resolved } = this.request;
    const { startedAt, firstAt } = this;
    const { promptTokens, completionTokens, cachedTokens, reasoningTokens, estimated } = this.#toUsage();
    const model = foundModel(resolved)?.target.slice(0, MAX_MODEL_CHARACTERS) ?? this.model;
    // Every field is there, set or not: an object that is put together of several takes much longer.
    return {
      at: this.at,
      requestId: caller?.requestId ?? null,
      logId: caller?.logId === caller?.requestId ? undefined : caller?.logId,
      keyId: caller?.keyId ?? null,
      surface: caller?.surface ?? 'unknown',
      model,
      outcome: this.#outcome,
      promptTokens,
      completionTokens,
      cachedTokens,
      reasoningTokens,
      estimated,
      cached: this.#isCached ? true : undefined,
      firstMs: firstAt === undefined ? null : Math.round(firstAt - startedAt),
      totalMs: Math.round(performance.now() - startedAt),
    };
  }
}

function charactersOf(event: Event): number {
  if (event.type === 'text-delta' || event.type === 'reasoning-delta') return event.text.length;
  return event.type === 'tool-call' ? event.name.length + event.input.length : 0;
}

/** Nothing for an answer of which nothing came. */
function estimate(request: TurnRequest, characters: number): Usage {
  if (characters === 0) return NO_USAGE;
  return {
    promptTokens: estimateTokens(inputCharacters(request)),
    completionTokens: estimateTokens(characters),
    cachedTokens: 0,
    estimated: true,
  };
}
