/** How this surface's routes are declared: methods, path, the body's schema if there is one, and what answers. */
import type { Context } from 'hono';
import type { Task } from '../../threads/task.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import type { BodyInput } from '../body/decode-body.js';
import { readRequest } from '../body/read-request.js';
import type { HttpEnv, Route, SurfaceContext } from '../surface.js';
import type { LoadedModels } from './keep-alive.js';

/** What Ollama's routes answer with, besides what every surface is given. */
export interface OllamaContext extends SurfaceContext {
  /** The `modified_at` of every model: when this surface was created. RFC 3339. */
  readonly modifiedAt: string;
  readonly loaded: LoadedModels;
}

/** An answer to send, or a response that is on its way already (a stream). */
export type Reply = WireAnswer | Response;
export type Answering = (c: Context<HttpEnv>) => Reply | Promise<Reply>;

/** One request that carries a body. */
export interface BodyRequest<Body> {
  readonly body: Body;
  readonly c: Context<HttpEnv>;
  /** On the clock's monotonic side, before the body was read. */
  readonly arrivedAt: number;
}

export type BodyAnswering<Body> = (
  context: OllamaContext,
  request: BodyRequest<Body>,
) => Reply | Promise<Reply>;

export function route(methods: Route['methods'], path: string, answer: Answering): Route {
  return { methods, path, handle: async (c) => respond(c, await answer(c)) };
}

/** Reads and checks the body before `answer` sees it. Rejects as `readRequest` does. */
export function bodyRoute<Body>(
  context: OllamaContext,
  methods: Route['methods'],
  path: string,
  reader: Task<BodyInput, Body>,
  answer: BodyAnswering<Body>,
): Route {
  return {
    methods,
    path,
    handle: async (c) => {
      const arrivedAt = context.clock.monotonic();
      // Ollama looks at no Content-Encoding.
      const body = await readRequest(c, context.settings, reader, undefined, { encoding: 'identity' });
      return respond(c, await answer(context, { body, c, arrivedAt }));
    },
  };
}

/** A whole answer with the content type that Ollama gives JSON. */
export function jsonAnswer(body: object, status = 200): WireAnswer {
  return WireAnswer.json(body, { status, contentType: 'application/json; charset=utf-8' });
}

function respond(c: Context<HttpEnv>, reply: Reply): Response {
  return 'contentType' in reply ? respondWhole(c, reply) : reply;
}
