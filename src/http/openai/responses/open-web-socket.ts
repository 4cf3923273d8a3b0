/**
 * `GET /v1/responses`: a WebSocket of which each message is a response to make, as by `POST`
 * (src/http/openai/README.md, "WebSocket").
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { Fault } from '../../../core/fault.js';
import { respondWhole } from '../../answer/respond.js';
import { acceptWebSocket, isWebSocketRequest } from '../../server/upgrade.js';
import type { HttpEnv, SurfaceSettings } from '../../surface.js';
import { toError } from '../error.js';

/** Throws `method-not-allowed` for a request that asks for no WebSocket. */
export function openWebSocket(c: Context<HttpEnv>, { webSockets }: SurfaceSettings): Response {
  const { incoming } = c.env;
  if (webSockets && acceptWebSocket(incoming)) return RESPONSE_ALREADY_SENT;
  if (!isWebSocketRequest(incoming))
    throw new Fault('method-not-allowed', 'method not allowed', { allow: ['POST'] });
  // Codex goes on by HTTP at once after this status, and tries others for seconds.
  const fault = new Fault('not-found', 'WebSockets are switched off here. Use POST.', { param: '' });
  return respondWhole(c, { ...toError(fault), status: 426, headers: { upgrade: 'HTTP/1.1' } });
}
