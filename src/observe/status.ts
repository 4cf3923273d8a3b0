/** How a running bridge is doing, at one moment: what `/ui/api/status` answers and the command `status` shows. */
import type { FaultCode } from '../core/fault.js';
import type { Service } from '../core/model.js';
import type { LinkState, SessionInfo } from '../core/port.js';
import type { TurnOutcome } from './records.js';

/** Plain data, as it stands in JSON. Holds no text of any conversation. */
export interface BridgeStatus {
  /** The bridge's own version. */
  readonly version: string;
  /** The hive's: `ollama-server`. */
  readonly kind: string;
  readonly hid: string;
  /** When it began to listen: RFC 3339, in UTC. */
  readonly startedAt: string;
  /** The processes that these figures are about: with `--workers`, all that answered. */
  readonly processes: readonly ProcessStatus[];
  /** Who answers. */
  readonly nest: NestStatus;
  readonly link: LinkStatus;
  readonly sessions: SessionsStatus;
  /** Of turns that have ended. */
  readonly turns: TurnsStatus;
  /** What all turns together were sent in the last seconds. A delta counts as a token. */
  readonly tokensPerSecond: number;
  /** How that went, and how long clients waited for it. */
  readonly history: HistoryStatus;
  /** What waits for slow clients, in bytes of UTF-8. */
  readonly bufferedBytes: number;
  readonly memory: MemoryStatus;
  readonly models: readonly ModelStatus[];
  /** Conversations that workers remember, of all keys, the one used last first; a bounded number. */
  readonly conversations: readonly SessionInfo[];
  /** Turns that are answered now, the oldest first. */
  readonly live: readonly LiveTurnStatus[];
  /** The latest first; a bounded number. */
  readonly recentFaults: readonly RecentFault[];
}

export interface ProcessStatus {
  readonly pid: number;
  readonly startedAt: string;
}

/** Who is at the other end of a link: a humd, or the daemon within the process with its echo or with an upstream. */
export type LinkTarget = 'humd' | 'echo' | 'upstream';

/** Who answers, and whether a turn can be answered now. */
export interface NestStatus {
  /** Where turns go: to a humd, or to the daemon within the process. */
  readonly type: 'hum' | 'embedded';
  readonly answers: LinkTarget;
  /** The socket of the humd that the link is up to; null where there is none. */
  readonly socket: string | null;
  /** Where the routes of the server begin that answers within the process; null where there is none. */
  readonly upstream: string | null;
  /** Whether a turn can be answered now, as far as is known. */
  readonly ready: boolean;
  /** Why not, without a path or an address. */
  readonly problem: string | null;
  /** All of it in one line, as the start line has it. */
  readonly text: string;
}

export interface LinkStatus {
  readonly state: LinkState;
  readonly to: LinkTarget;
  /** In the order in which they are dialled; no paths. */
  readonly sockets: readonly SocketStatus[];
  /** How often a link that was up was lost. */
  readonly reconnects: number;
  /** Lines from humd that could not be read. */
  readonly droppedLines: { readonly oversized: number; readonly malformed: number };
  /** Tones from humd that were not for us. */
  readonly ignoredTones: { readonly unknownChi: number; readonly foreignSid: number };
  /** Turns that humd was told to cancel. */
  readonly cancels: number;
}

export interface SocketStatus {
  /** From 1. */
  readonly number: number;
  /** `up`: the link is here. Otherwise what the circuit breaker makes of the last dials and checks. */
  readonly state: 'up' | 'closed' | 'open' | 'half-open';
}

export interface SessionsStatus {
  /** Sids that humd may hold for us. */
  readonly open: number;
  /** Turns that a client waits for. */
  readonly running: number;
  /** Workers that wait for tool results. */
  readonly parked: number;
  /** Turns that wait for a place here, or for a worker that has room. */
  readonly waiting: number;
  /** Conversations that a next request may go on with. */
  readonly kept: number;
}

export interface TurnsStatus {
  readonly total: number;
  /** Only outcomes that there were. */
  readonly byOutcome: Readonly<Partial<Record<TurnOutcome, number>>>;
}

/** One number for each step of time since the start, the oldest first, up to a quarter of an hour; the last step still runs. */
export interface HistoryStatus {
  readonly stepSeconds: number;
  /** Deltas that came. */
  readonly tokens: readonly number[];
  /** Turns that ended, however they did. */
  readonly ended: readonly number[];
  /** Those of them that ended in a fault. */
  readonly failed: readonly number[];
  /** Those of them of which a client has seen something; the time until then, in ms, of all of them, and of the slowest. */
  readonly firsts: readonly number[];
  readonly firstMsSum: readonly number[];
  readonly firstMsMax: readonly number[];
}

export interface MemoryStatus {
  readonly rssBytes: number;
}

/**
 * Where a name comes from: the configuration's list, a worker that advertises it, the configuration's aliases, or the
 * built-in short names.
 */
export type ModelSource = 'config' | 'mesh' | 'alias' | 'short';

export interface ModelStatus {
  /** The name that clients use. */
  readonly id: string;
  /** The name that humd knows it by. */
  readonly target: string;
  readonly listed: boolean;
  readonly source: ModelSource;
  /** The workers that list it now; null where that is unknown (no link, or no roster). */
  readonly workers: readonly WorkerStatus[] | null;
  /** Whether it can be asked now: `stub` if only workers list it that never answer; null where that is unknown. */
  readonly service: Service | null;
}

export interface WorkerStatus {
  /** Empty if the bee gave none. */
  readonly name: string;
  /** `stateful_session`, `stateless_per_call` or `ephemeral_per_call`; null where it does not say. */
  readonly statefulness: string | null;
}

/** `queued`: nothing was sent to humd yet. `sent`: nothing that a client sees has come yet. */
export type LiveTurnState = 'queued' | 'sent' | 'answering';

export interface LiveTurnStatus {
  readonly requestId: string | null;
  /** The session on the wire; absent while nothing was sent. */
  readonly sid?: string;
  readonly surface: string;
  /** As the client wrote it; a long one is cut. */
  readonly model: string;
  readonly startedAt: string;
  /** Until the first event that a client sees, in ms; null if there was none yet. */
  readonly firstMs: number | null;
  /** Deltas so far. */
  readonly tokens: number;
  /** Since the first of them. */
  readonly tokensPerSecond: number;
  readonly state: LiveTurnState;
}

export interface RecentFault {
  /** RFC 3339, in UTC. */
  readonly at: string;
  readonly requestId: string | null;
  readonly surface: string;
  /** Null for a request that failed before it was a turn. */
  readonly model: string | null;
  readonly code: FaultCode;
  readonly message: string;
  /** What can be done about it. */
  readonly remedy: string;
}
