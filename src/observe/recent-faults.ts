/** Remembers the last faults, each with what can be done about it. */
import type { Fault } from '../core/fault.js';
import { type RemedyNest, remedyFor } from './remedy.js';
import type { Caller } from '../core/request.js';
import type { RecentFault } from './status.js';
import { toTimestamp } from '../core/timestamp.js';
import type { TurnRecord } from './records.js';
import type { ObservedTurn, TurnObserver } from './turn-observer.js';

const MAX_KEPT = 50;

/** The request that a fault belongs to. */
export interface FaultSource {
  readonly requestId: string | null;
  readonly surface: string;
  /** Null for a request that was no turn yet. */
  readonly model: string | null;
  /** Undefined for a request that was no turn yet. */
  readonly caller: Caller | undefined;
}

export class RecentFaults implements TurnObserver {
  readonly #faults: RecentFault[] = [];
  readonly #whoAnswers: () => RemedyNest;
  readonly #seen = new WeakSet<Caller>();

  /** @param whoAnswers now */
  constructor(whoAnswers: () => RemedyNest) {
    this.#whoAnswers = whoAnswers;
  }

  fault({ request: { caller } }: ObservedTurn, fault: Fault, record: TurnRecord): void {
    const { requestId, surface, model } = record;
    this.add(fault, { requestId, surface, model, caller });
  }

  /**
   * A request has one fault: what its turn ended in is not added again when the answer is worded. That a client left is none.
   */
  add({ code, message }: Fault, { requestId, surface, model, caller }: FaultSource): void {
    if (code === 'client-left') return;
    if (caller !== undefined) {
      if (this.#seen.has(caller)) return;
      this.#seen.add(caller);
    }
    const at = toTimestamp(Date.now());
    const remedy = remedyFor(code, this.#whoAnswers());
    this.#faults.unshift({ at, requestId, surface, model, code, message, remedy });
    this.#faults.length = Math.min(this.#faults.length, MAX_KEPT);
  }

  /** The latest first. */
  toStatus(): readonly RecentFault[] {
    return [...this.#faults];
  }
}
