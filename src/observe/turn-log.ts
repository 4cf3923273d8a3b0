/** Writes a line for each turn into the log: how it went, without any of its text. */
import type { Logger } from 'pino';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

/** A turn that failed has a line at `info`, one that went well at `debug`. */
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
