/** What every HTTP surface is made of, so that the app can mount them without knowing one. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Fault } from '../conversation/fault.js';
import type { Conversation } from '../conversation/port.js';
import type { UsageReport } from '../conversation/turn-record.js';
import type { Clock } from './clock.js';
import type { OpenStreams } from './open-streams.js';

/** What the guards found out about a request before it is handled. */
export interface RequestFacts {
  /** What its answer carries as `x-request-id`. */
  readonly requestId: string;
  /** Names the API key that it came with; undefined where it needs none. */
  readonly keyId: string | undefined;
}

/** Every request comes over a real socket: handlers may read `incoming` and write `outgoing` directly. */
export type HttpEnv = { Bindings: HttpBindings; Variables: RequestFacts };

export type Handler = (context: Context<HttpEnv>) => Response | Promise<Response>;

/** One path of a surface, with all the methods that it takes. `HEAD` is only taken where it is listed. */
export interface Route {
  readonly methods: readonly ('GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE')[];
  readonly path: string;
  readonly handle: Handler;
}

/** An answer that is whole: an error, or a short body. */
export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Surface {
  /** True for the request paths whose errors this surface words. */
  owns(path: string): boolean;
  /** True if `/path/` means `/path` here; otherwise it is redirected there. */
  readonly acceptsTrailingSlash: boolean;
  readonly routes: readonly Route[];
  /** The status and body that this surface's clients understand. `requestId` is for bodies that repeat it. Pure. */
  toError(fault: Fault, requestId: string): WireAnswer;
}

/** What a surface is given to answer with. */
export interface SurfaceContext {
  readonly conversation: Conversation;
  readonly streams: OpenStreams;
  readonly clock: Clock;
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** The largest image in a request, in bytes once decoded. */
  readonly maxImageBytes: number;
  /** The mesh's tool that makes embeddings. */
  readonly embedTool: string;
  /** Under which names OpenAI's chat shows reasoning. */
  readonly reasoningField: 'both' | 'reasoning_content' | 'reasoning' | 'none';
  readonly usage: UsageReport;
  /** What `/api/version` says: x.y.z. */
  readonly version: string;
}
