/** What every HTTP surface is made of, so that the app can mount them without knowing one. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Fault } from '../conversation/fault.js';
import type { Conversation } from '../conversation/port.js';
import type { Clock } from './clock.js';
import type { OpenStreams } from './open-streams.js';

/** Every request comes over a real socket: handlers may read `incoming` and write `outgoing` directly. */
export type HttpEnv = { Bindings: HttpBindings };

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
  /** The status and body that this surface's clients understand. Pure. */
  toError(fault: Fault): WireAnswer;
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
  /** What `/api/version` says: x.y.z. */
  readonly version: string;
}
