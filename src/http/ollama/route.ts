/** How this surface's routes are declared: methods, path, the body's schema if there is one, and what answers. */
import type { Context } from 'hono';
import type { Task } from '../../threads/task.js';
import { respondWhole } from '../answer/respond.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { BodyInput } from '../body/decode-body.js';
import { readRequest } from '../body/read-request.js';
import type { HttpEnv, Route } from '../surface.js';
import type { OllamaContext } from './context.js';

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

export function route(methods: Route['methods'], path: string, answer: Answering): Route {
  return {
    methods,
    path,
    handle: async (c) => {
      const reply = await answer(c);
      return 'contentType' in reply ? respondWhole(c, reply) : reply;
    },
  };
}

/** Reads and checks the body before `answer` sees it. Rejects as `readRequest` does. */
export function withBody<Body>(
  context: OllamaContext,
  reader: Task<BodyInput, Body>,
  answer: (context: OllamaContext, asked: Asked<Body>) => Reply | Promise<Reply>,
): Answering {
  return async (c) => {
    const arrivedAt = context.clock.monotonic();
    // Ollama looks at no Content-Encoding.
    const body = await readRequest(c, context.settings, reader, undefined, { encoding: 'identity' });
    return answer(context, { body, c, arrivedAt });
  };
}
