/** How this surface's routes are declared: methods, path, the body's schema if there is one, and what answers. */
import type { Context } from 'hono';
import { runOffLoop } from '../../threads/off-loop.js';
import type { Task } from '../../threads/task.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { workOf } from '../body/body-work.js';
import { readBody } from '../body/read-body.js';
import type { BodyInput } from '../body/read-request.js';
import { clientGone } from '../caller.js';
import type { HttpEnv, Route, SurfaceContext } from '../surface.js';
import type { LoadedModels } from './loaded-models.js';

/** What Ollama's routes answer with, besides what every surface is given. */
export interface OllamaContext extends SurfaceContext {
  /** When every model changed last, as far as clients are told: when this surface began. RFC 3339. */
  readonly modifiedAt: string;
  readonly loaded: LoadedModels;
}

/** An answer to send, or a response that is on its way already (a stream). */
export type Reply = WireAnswer | Response;
export type Answering = (c: Context<HttpEnv>) => Reply | Promise<Reply>;

/** One request that carries a body. */
export interface Asked<Body> {
  readonly body: Body;
  readonly c: Context<HttpEnv>;
  /** On the clock's monotonic side, before the body was read. */
  readonly arrivedAt: number;
}

export type BodyAnswering<Body> = (context: OllamaContext, asked: Asked<Body>) => Reply | Promise<Reply>;

export function route(methods: Route['methods'], path: string, answer: Answering): Route {
  return { methods, path, handle: async (c) => respond(c, await answer(c)) };
}

/** Reads and checks the body before `answer` sees it. Rejects with `bad-request`, `body-too-large` or `body-timeout`. */
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
      const bytes = await readBody(c.env.incoming, context.settings);
      const gone = clientGone(c);
      const body = await runOffLoop(reader, { bytes, facts: undefined }, workOf(bytes), gone);
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
