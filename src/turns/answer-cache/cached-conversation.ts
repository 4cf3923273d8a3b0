/** Gives a turn the answer to an earlier one that asked the same, where the configuration wants that. */
import type { Event } from '../../core/event.js';
import { ForwardingConversation } from '../forwarding-conversation.js';
import type { Turns } from '../../core/port.js';
import type { TurnRequest } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import type { AnswerStore } from './answer-store.js';
import { answerKey, isCacheable } from './cacheable.js';
import { AnswerTaker, MAX_ANSWER_BYTES, parseAnswer, toEvents } from './kept-answer.js';

export interface AnswerCacheLimits {
  /** How long an answer is given again, in ms; 0 keeps none and gives none. Read for every turn. */
  readonly answerCacheTtlMs: number;
}

/**
 * A turn that is looked up begins with a `ready` that says what came of it. Only an answer that came to its end by itself
 * (`stop`, `length`) is kept. Turns that ask the same at the same time are not merged: each runs, and the last is kept.
 */
export class CachedConversation extends ForwardingConversation {
  readonly #store: AnswerStore;
  readonly #hid: string;
  readonly #limits: AnswerCacheLimits;

  constructor(inner: Turns, store: AnswerStore, hid: string, limits: AnswerCacheLimits) {
    super(inner);
    this.#store = store;
    this.#hid = hid;
    this.#limits = limits;
  }

  override turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]> {
    if (this.#limits.answerCacheTtlMs === 0 || !isCacheable(request)) return this.inner.turn(request, signal);
    return this.#lookUp(request, signal);
  }

  async *#lookUp(
    request: TurnRequest,
    signal: TurnSignal,
  ): AsyncGenerator<readonly Event[], void, undefined> {
    const key = answerKey(this.#hid, request);
    const json = await this.#store.get(key);
    if (signal.aborted) return;
    const kept = json === undefined ? undefined : parseAnswer(json);
    if (kept) yield toEvents(kept);
    else yield* this.#take(key, this.inner.turn(request, signal));
  }

  async *#take(
    key: string,
    turn: AsyncIterable<readonly Event[]>,
  ): AsyncGenerator<readonly Event[], void, undefined> {
    const taker = new AnswerTaker();
    let isFirst = true;
    for await (const batch of turn) {
      const answer = taker.take(batch);
      // Asked for before the client can know the end, so that its next request finds it; waited for by nobody.
      if (answer) void this.#keep(key, JSON.stringify(answer));
      // The mark comes with the turn's own first events: a `ready` before them would say that the worker is up.
      yield isFirst ? [{ type: 'ready', cache: 'miss' }, ...batch] : batch;
      isFirst = false;
    }
  }

  async #keep(key: string, json: string): Promise<void> {
    const { answerCacheTtlMs } = this.#limits;
    if (answerCacheTtlMs === 0 || Buffer.byteLength(json) > MAX_ANSWER_BYTES) return;
    await this.#store.set(key, json, answerCacheTtlMs);
  }
}
