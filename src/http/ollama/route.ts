/** How this surface's routes are declared: methods, path, the body's schema if there is one, and what answers. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { readBody } from '../body.js';
import { respondWhole } from '../respond.js';
import type { HttpEnv, Route, WireAnswer } from '../surface.js';
import type { OllamaContext } from './context.js';
import { decodeGoJson } from './go-json.js';
import { parseBody } from './parse-body.js';

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

/** Reads and checks the body before `answer` sees it. Rejects with `bad-request` or `body-too-large`. */
export function withBody<Schema extends z.ZodType>(
  context: OllamaContext,
  schema: Schema,
  answer: (context: OllamaContext, asked: Asked<z.output<Schema>>) => Reply | Promise<Reply>,
): Answering {
  return async (c) => {
    const arrivedAt = context.clock.monotonic();
    const body = parseBody(schema, decodeGoJson(await readBody(c.env.incoming, context.maxBodyBytes)));
    return answer(context, { body, c, arrivedAt });
  };
}
