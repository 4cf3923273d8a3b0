/** Adds to a request what its connection says of who asks, which no body can say. */
import type { Context } from 'hono';
import type { TurnRequest } from '../conversation/request.js';
import type { HttpEnv } from './surface.js';

/** The header by which any client may name a conversation that goes on over several requests. */
const SESSION_HEADER = 'x-hum-session';

/** `request` with its caller; the session header goes before a hint from the body. */
export function withCaller(c: Context<HttpEnv>, surface: string, request: TurnRequest): TurnRequest {
  const hint = c.req.header(SESSION_HEADER) || request.sessionHint;
  return {
    ...request,
    caller: { surface, keyId: c.get('keyId'), requestId: c.get('requestId') },
    ...(hint === undefined ? {} : { sessionHint: hint }),
  };
}
