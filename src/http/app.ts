/** The app of one hive: all surfaces behind one guard, and every error in the words of the surface it came in by. */
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { Fault } from '../conversation/fault.js';
import type { Conversation } from '../conversation/port.js';
import type { Clock } from './clock.js';
import { setCorsHeaders, setPreflightHeaders } from './cors.js';
import type { ApiKeys } from './guard.js';
import type { HostGuard } from './host-guard.js';
import { inviteBody } from './invite-body.js';
import { mountSurface } from './mount.js';
import { isOpenAIPath, setOpenAIHeaders } from './openai-headers.js';
import type { OriginGuard } from './origin-guard.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import { respondWhole } from './respond.js';
import type { HttpEnv, Surface } from './surface.js';

export interface AppOptions {
  /** The first surface that owns a path words its errors; the last one owns all that is left. */
  readonly surfaces: readonly [...Surface[], Surface];
  readonly conversation: Conversation;
  readonly hosts: HostGuard;
  readonly origins: OriginGuard;
  readonly apiKeys: ApiKeys;
  readonly clock: Clock;
  readonly log: Logger;
  /** True while the bridge takes new requests. */
  isOpen(): boolean;
}

export function createApp(options: AppOptions): Hono<HttpEnv> {
  const { surfaces, conversation, hosts, origins, apiKeys, clock, log } = options;
  const app = new Hono<HttpEnv>({ strict: false });
  const surfaceOf = (path: string): Surface =>
    surfaces.find((surface) => surface.owns(path)) ?? surfaces[surfaces.length - 1] ?? surfaces[0];

  // In this order, and before anything else: what every answer carries, then who may ask, then whether we answer at all.
  app.use(async (c, next) => {
    const { incoming, outgoing } = c.env;
    const { method, path } = c.req;
    const requestId = requestIdOf(incoming.headers);
    c.set('requestId', requestId);
    outgoing.setHeader(REQUEST_ID_HEADER, requestId);
    if (isOpenAIPath(path)) setOpenAIHeaders(outgoing, clock);
    hosts.check(incoming);
    const allowedOrigin = origins.check(incoming.headers);
    if (allowedOrigin !== undefined) setCorsHeaders(outgoing, allowedOrigin);
    if (method === 'OPTIONS') {
      if (allowedOrigin !== undefined) setPreflightHeaders(outgoing, incoming.headers);
      return new Response(null, { status: 204 });
    }
    c.set('keyId', apiKeys.check(method, path, incoming.headers));
    if (!options.isOpen())
      throw new Fault('shutting-down', 'the bridge is stopping', { retryAfterSeconds: 1 });
    inviteBody(incoming, outgoing);
    return next();
  });
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) =>
    conversation.link() === 'up' ? c.text('ok') : c.text('humd does not answer', 503),
  );
  for (const surface of surfaces) mountSurface(app, surface);

  app.notFound((c) => {
    const fault = new Fault('not-found', `Invalid URL (${c.req.method} ${c.req.path})`);
    return respondWhole(c, surfaceOf(c.req.path).toError(fault, c.get('requestId')));
  });
  app.onError((error, c) => {
    const fault = Fault.from(error);
    if (fault.code === 'internal')
      log.error(
        { err: error, requestId: c.get('requestId'), path: c.req.path },
        'a request failed by our own mistake',
      );
    return respondWhole(c, surfaceOf(c.req.path).toError(fault, c.get('requestId')));
  });
  return app;
}
