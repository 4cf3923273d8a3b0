/** What is written down of turns and of requests that failed: who, what, how much and how it ended; no text of it. */
import type { FinishReason } from '../core/event.js';
import type { FaultCode } from '../core/fault.js';
import type { Caller } from '../core/request.js';

/** How a turn ended. `left`: its client went before the end. */
export type TurnOutcome = FinishReason | Exclude<FaultCode, 'client-left'> | 'left';

export interface TurnRecord {
  /** When the turn began: RFC 3339, in UTC. */
  readonly at: string;
  readonly requestId: string | null;
  /** Our own id for the request, where `requestId` is the client's. */
  readonly logId?: string | undefined;
  /** Tells API keys apart without being one; null where no key is asked for. */
  readonly keyId: string | null;
  readonly surface: string;
  /** The name that humd knows it by, however the client spelt it; what the client wrote where it is unknown. A long one is cut. */
  readonly model: string;
  readonly outcome: TurnOutcome;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Those of `completionTokens` that were thoughts; absent where there are none, or they were not counted. */
  readonly reasoningTokens?: number | undefined;
  /** True where a count is a guess. */
  readonly estimated: boolean;
  /** True for an answer from the cache, which costs no tokens; absent for any other. */
  readonly cached?: true | undefined;
  /** Until the first event that a client sees, in ms; null if there was none. */
  readonly firstMs: number | null;
  readonly totalMs: number;
}

/** Sums over the turns of one key with one model on one day. */
export interface UsageRow {
  /** `2026-11-21`, in UTC. */
  readonly day: string;
  readonly keyId: string | null;
  readonly model: string;
  readonly turns: number;
  /** Those of `turns` that ended in a fault. */
  readonly failed: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Absent where none were counted. */
  readonly reasoningTokens?: number;
  /** Turns of which a count is a guess. */
  readonly estimated: number;
}

/** What of a day is not among the sums: lines that are none of ours, or all of it. */
export type UnreadDay =
  | { readonly day: string; readonly lines: number }
  /** A code of the system: `EACCES`. */
  | { readonly day: string; readonly reason: string };

export interface Usage {
  readonly rows: readonly UsageRow[];
  readonly unread: readonly UnreadDay[];
}

/** Asks what was used. */
export interface UsageReport {
  /** The sums of all days from `from` to `to`, both included (`2026-11-21`), by day, key and model. */
  usage(from: string, to: string): Promise<Usage>;
}

/** A request that was refused, or failed before any worker was asked. */
export interface RequestRecord {
  /** When it came: RFC 3339, in UTC. */
  readonly at: string;
  readonly kind: 'request';
  readonly requestId: string;
  /** Our own id for it, where `requestId` is the client's. */
  readonly logId?: string;
  /** Tells API keys apart without being one; null where it showed none that is known. */
  readonly keyId: string | null;
  /** Where it came from: an IP address, of the proxy if there is one. */
  readonly address: string | null;
  /** Null where its bytes were no HTTP request. */
  readonly method: string | null;
  /** Without its query, cut where it is very long. */
  readonly path: string | null;
  readonly status: number;
  /** Why. */
  readonly code: FaultCode | ConnectionCode;
  readonly totalMs: number;
}

/** Why a connection is closed before it has brought a request. */
export type ConnectionCode =
  /** The bytes are no HTTP, or their framing is in doubt. */
  | 'malformed-request'
  | 'headers-timeout'
  | 'headers-too-large'
  /** A tunnel (CONNECT) was asked for. */
  | 'not-a-proxy'
  | 'too-many-connections';

/** Stands for requests that were too many to be written down one by one. */
export interface OmittedRecord {
  readonly at: string;
  readonly kind: 'requests-omitted';
  readonly count: number;
}

/** Takes refused and failed requests down. */
export interface RequestAudit {
  /** @param caller of the turn that the request asked for, if it came that far: one that failed has a line of its own */
  failed(record: RequestRecord, caller?: Caller): void;
}
