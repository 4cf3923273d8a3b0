/** How this surface's routes are declared: methods, path, the body's schema if there is one, and what answers. */
import type { Context } from 'hono';
import { runOffLoop } from '../../threads/off-loop.js';
import type { Task } from '../../threads/task.js';
import { respondWhole } from '../answer/respond.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { workOf } from '../body/body-work.js';
import { readBody } from '../body/read-body.js';
import type { BodyInput } from '../body/read-request.js';
import { clientGone } from '../caller.js';
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

/** Reads and checks the body before `answer` sees it. Rejects with `bad-request`, `body-too-large` or `body-timeout`. */
export function withBody<Body>(
  context: OllamaContext,
  reader: Task<BodyInput, Body>,
  answer: (context: OllamaContext, asked: Asked<Body>) => Reply | Promise<Reply>,
): Answering {
  return async (c) => {
    const arrivedAt = context.clock.monotonic();
    const bytes = await readBody(c.env.incoming, context.settings);
    const gone = clientGone(c);
    const body = await runOffLoop(reader, { bytes, facts: undefined }, workOf(bytes), gone);
    return answer(context, { body, c, arrivedAt });
  };
}
