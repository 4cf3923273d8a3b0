/** What every HTTP surface is made of, so that the app can mount them without knowing one. */
import type { HttpBindings } from '@hono/node-server';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { TurnSignal } from '../core/abort.js';
import type { Fault } from '../core/fault.js';
import type { GrantRights, Mesh, SessionInfo, Turns } from '../core/port.js';
import type { Caller } from '../core/request.js';
import type { UsageReport } from '../observe/records.js';
import type { ReplicaStore } from '../shared/replica-store.js';
import type { OpenStreams } from './answer/open-streams.js';
import type { WireAnswer } from './answer/wire-answer.js';
import type { BodyLimits, RequestLimits } from './body/request-limits.js';
import type { Clock } from './clock.js';
import type { KnownKey } from './guards/api-key-guard.js';
import type { Rate } from './guards/rate-limit.js';
import type { SurfaceDocs } from './route-docs.js';

/** What the guards found out about a request before it is handled. */
export interface RequestFacts {
  /** What its answer carries as `x-request-id`. */
  readonly requestId: string;
  /** What the log calls it: an id of ours, which no other request has. */
  readonly logId: string;
  /** The random UUID in that, where it is one of ours. */
  readonly requestUuid: string | undefined;
  /** On the clock's monotonic side. */
  readonly arrivedAt: number;
  /** Names the API key that it came with; undefined where it needs none. */
  readonly keyId: string | undefined;
  /** What else is known of that key. */
  readonly key: KnownKey | undefined;
  /** Who requests a turn; undefined until one is requested. */
  readonly caller: Caller | undefined;
  /** Aborts when its client leaves; undefined until a handler needs it. */
  readonly gone: TurnSignal | undefined;
}

/** Every request comes over a real socket: handlers may read `incoming` and write `outgoing` directly. */
export type HttpEnv = { Bindings: HttpBindings; Variables: RequestFacts };

export type Handler = (context: Context<HttpEnv>) => Response | Promise<Response>;

/** One path of a surface, with all the methods that it takes. `HEAD` is only taken where it is listed. */
export interface Route {
  readonly methods: readonly ('GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE')[];
  readonly path: string;
  readonly handle: Handler;
  /** True for one that is there to say that there is no such thing: it has no documentation. */
  readonly isAbsent?: boolean;
}

export interface SharedRoute extends Route {
  isFor(headers: IncomingHttpHeaders): boolean;
}

export interface Surface {
  /** For logs and figures: `ollama`. */
  readonly name: string;
  /** True for the requests whose errors this surface words. */
  owns(path: string, headers: IncomingHttpHeaders): boolean;
  /** True if `/path/` and `//path` mean `/path` here; otherwise they are redirected there. */
  readonly acceptsUncleanPaths: boolean;
  readonly routes: readonly Route[];
  /** What it answers on paths of surfaces behind it, where a request is for it by its headers. They are documented there. */
  readonly sharedRoutes?: readonly SharedRoute[];
  /** What each route takes and answers. Loaded when the document is requested. */
  docs(): Promise<SurfaceDocs>;
  /** The status and body that this surface's clients understand. `requestId` is for bodies that repeat it. Pure. */
  toError(fault: Fault, requestId: string): WireAnswer;
  /** What its clients read of a rate limit; absent where that is what OpenAI's do. @param now in ms since the epoch */
  toRateHeaders?(rate: Rate, now: number): Readonly<Record<string, string>>;
}

/** How surfaces are configured to answer. */
export interface SurfaceSettings extends BodyLimits, RequestLimits {
  /** How many responses may be made in the background at once. */
  readonly maxBackground: number;
  /** Of how many streamed responses the events are kept, how much they may take together, in characters, and for how long, in ms. */
  readonly maxKeptStreams: number;
  readonly maxKeptStreamBytes: number;
  readonly keptStreamMs: number;
  /** The mesh's tool that makes embeddings. */
  readonly embedTool: string;
  /** Under which keys OpenAI's chat sends reasoning. */
  readonly reasoningField: 'both' | 'reasoning_content' | 'reasoning' | 'none';
  /** Whether responses can be asked for over a WebSocket. */
  readonly webSockets: boolean;
  /** The `keep_alive` of Ollama's requests that have none: whole seconds, or a Go duration. */
  readonly keepAlive: string;
  /** The answer of `/api/version`: x.y.z. */
  readonly version: string;
}

/** The conversations that workers remember, in all processes that share the port. */
export interface SessionList {
  /** Those of one key, the one used last first; without a key, those of all who come without one. */
  list(keyId: string | undefined): Promise<readonly SessionInfo[]>;
  /** As `Sessions.deleteSession`. */
  delete(id: string, keyId: string | undefined): Promise<boolean>;
}

/** What a surface is given to answer with. */
export interface SurfaceContext {
  /** Read at each use. */
  readonly settings: SurfaceSettings;
  readonly turns: Turns;
  readonly mesh: Mesh;
  readonly grantRights: GrantRights;
  /** What only this bridge, its replicas and itself after a restart have. */
  readonly secret: string;
  readonly streams: OpenStreams;
  readonly clock: Clock;
  readonly log: Logger;
  /** What goes on though no connection waits for it: a bridge that stops lets it, as long as requests. None of it rejects. */
  readonly detached: Set<Promise<void>>;
  readonly usage: UsageReport;
  readonly sessions: SessionList;
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
}
