/** What is written down of a request that was refused, or failed before any worker was asked; never a word of it. */
import type { FaultCode } from './fault.js';
import type { Caller } from './request.js';

export interface RequestRecord {
  /** When it came: RFC 3339, in UTC. */
  readonly at: string;
  readonly kind: 'request';
  readonly requestId: string;
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
