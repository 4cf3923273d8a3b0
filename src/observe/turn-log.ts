/** Writes a line for each turn into the log: how it went, and never a word of it. */
import type { Logger } from 'pino';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

/** A turn that failed is worth a line to everybody, one that went well only to who asks for `debug`. */
export class TurnLog implements TurnObserver {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  end({ sid }: ObservedTurn, { record, fault }: EndedTurn): void {
    const level = fault === undefined ? 'debug' : 'info';
    if (!this.#log.isLevelEnabled(level)) return;
    const { requestId, keyId, surface, model, outcome, firstMs, totalMs } = record;
    const { promptTokens, completionTokens } = record;
    this.#log[level](
      {
        requestId,
        ...(sid === undefined ? {} : { sid }),
        ...(keyId === null ? {} : { keyId }),
        surface,
        model,
        outcome,
        firstMs,
        totalMs,
        promptTokens,
        completionTokens,
      },
      fault === undefined ? 'a turn has ended' : 'a turn has failed',
    );
  }
}
