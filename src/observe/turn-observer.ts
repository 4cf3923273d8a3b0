/** What those who watch turns are told, once for each batch and never for each token. */
import type { Fault } from '../core/fault.js';
import type { SentWay, TurnRequest } from '../core/request.js';
import type { TurnRecord } from './turn-record.js';

/** A turn while it runs; always the same object for one turn. */
export interface ObservedTurn {
  /** Counts the turns of this process. */
  readonly number: number;
  readonly request: TurnRequest;
  /** When it began: RFC 3339, in UTC. */
  readonly at: string;
  /** The same in ms on a monotonic clock. */
  readonly startedAt: number;
  /** The session on the wire, the last one if there were several; undefined while nothing was sent. */
  readonly sid: string | undefined;
  /** When the first event that shows came, on the same clock. */
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
  /** It went out to humd under `turn.sid`. May come more than once: a repair is another prompt. */
  sent?(turn: ObservedTurn, way: SentWay): void;
  /**
   * A batch with something to show has come.
   * @param deltas how many pieces of text and reasoning it has
   * @param gapMs since the batch before it; undefined for the first
   */
  batch?(turn: ObservedTurn, deltas: number, gapMs: number | undefined): void;
  /** Told once, when the reader has come to the end of the turn or has left it. */
  end?(turn: ObservedTurn, ended: EndedTurn): void;
}
