/** Watches every turn of a conversation, and tells those who want to know. */
import type { Event, Usage } from '../core/event.js';
import type { Fault } from '../core/fault.js';
import { ForwardingConversation } from '../turns/forwarding-conversation.js';
import type { Turns } from '../core/port.js';
import type { SentWay, TurnRequest } from '../core/request.js';
import { toTimestamp } from '../core/timestamp.js';
import type { TurnRecord } from './turn-record.js';
import type { TurnSignal } from '../core/abort.js';
import { WatchedTurn } from '../turns/watched-turn.js';
import type { ObservedTurn, TurnObserver } from './turn-observer.js';

/** Clients ask for models of any name, and every turn has its line. */
const MAX_MODEL_CHARACTERS = 256;

const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };

/** The one point at which turns are observed: all observers hear of each turn, in their order. */
export class ObservedConversation extends ForwardingConversation {
  readonly #observers: readonly TurnObserver[];

  constructor(inner: Turns, observers: readonly TurnObserver[]) {
    super(inner);
    this.#observers = observers;
  }

  override turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]> {
    const observers = this.#observers;
    let turn: RunningTurn;
    const begin = () => {
      turn = new RunningTurn(request);
      for (const observer of observers) observer.begin?.(turn);
      const onSent = (sid: string, way: SentWay) => {
        turn.sid = sid;
        for (const observer of observers) observer.sent?.(turn, way);
      };
      return this.inner.turn({ onSent, ...request }, signal);
    };
    return new WatchedTurn(begin, {
      batch: (batch) => {
        const { deltas, gapMs, isShown } = turn.take(batch);
        if (isShown) for (const observer of observers) observer.batch?.(turn, deltas, gapMs);
      },
      over: () => {
        const ended = { record: turn.toRecord(), fault: turn.fault };
        for (const observer of observers) observer.end?.(turn, ended);
      },
    });
  }
}

let turns = 0;

class RunningTurn implements ObservedTurn {
  readonly number = turns++;
  readonly request: TurnRequest;
  readonly at = toTimestamp(Date.now());
  readonly startedAt = performance.now();
  sid: string | undefined;
  firstAt: number | undefined;
  deltas = 0;
  fault: Fault | undefined;
  #lastAt: number | undefined;
  #outcome: TurnRecord['outcome'] = 'left';
  #usage = NO_USAGE;
  #isCached = false;

  constructor(request: TurnRequest) {
    this.request = request;
  }

  take(batch: readonly Event[]) {
    const [first] = batch;
    if (first?.type === 'ready' && first.cache === 'hit') this.#isCached = true;
    let deltas = 0;
    let isShown = false;
    for (const { type } of batch) {
      if (type === 'text-delta' || type === 'reasoning-delta') deltas++;
      if (type !== 'ready') isShown = true;
    }
    const end = batch.at(-1);
    if (end?.type === 'finish') {
      this.#outcome = end.reason;
      if (!this.#isCached) this.#usage = end.usage;
    } else if (end?.type === 'fault') {
      this.#outcome = end.fault.code;
      this.fault = end.fault;
    }
    if (!isShown) return { deltas, isShown, gapMs: undefined };
    const now = performance.now();
    const gapMs = this.#lastAt === undefined ? undefined : now - this.#lastAt;
    this.#lastAt = now;
    this.firstAt ??= now;
    this.deltas += deltas;
    return { deltas, isShown, gapMs };
  }

  toRecord(): TurnRecord {
    const { caller, model } = this.request;
    const { startedAt, firstAt } = this;
    const { promptTokens, completionTokens, cachedTokens, estimated } = this.#usage;
    return {
      at: this.at,
      requestId: caller?.requestId ?? null,
      keyId: caller?.keyId ?? null,
      surface: caller?.surface ?? 'unknown',
      model: model.slice(0, MAX_MODEL_CHARACTERS).toWellFormed(),
      outcome: this.#outcome,
      promptTokens,
      completionTokens,
      cachedTokens,
      estimated,
      ...(this.#isCached ? { cached: true } : {}),
      firstMs: firstAt === undefined ? null : Math.round(firstAt - startedAt),
      totalMs: Math.round(performance.now() - startedAt),
    };
  }
}
