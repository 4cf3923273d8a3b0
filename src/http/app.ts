/** The app of one hive: all surfaces behind one guard, and every error in the words of the surface it came in by. */
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { Fault } from '../conversation/fault.js';
import type { Conversation } from '../conversation/port.js';
import type { ApiKeys } from './guard.js';
import { mountSurface } from './mount.js';
import { respondWhole } from './respond.js';
import type { HttpEnv, Surface } from './surface.js';

export interface AppOptions {
  /** The first surface that owns a path words its errors; the last one owns all that is left. */
  readonly surfaces: readonly [...Surface[], Surface];
  readonly conversation: Conversation;
  readonly apiKeys: ApiKeys;
  readonly log: Logger;
  /** True while the bridge takes new requests. */
  isOpen(): boolean;
}

export function createApp(options: AppOptions): Hono<HttpEnv> {
  const { surfaces, conversation, apiKeys, log } = options;
  const app = new Hono<HttpEnv>({ strict: false });
  const surfaceOf = (path: string): Surface =>
    surfaces.find((surface) => surface.owns(path)) ?? surfaces[surfaces.length - 1] ?? surfaces[0];

  app.use(async (c, next) => {
    apiKeys.check(c.req.method, c.req.path, c.env.incoming.headers);
    if (!options.isOpen())
      throw new Fault('shutting-down', 'the bridge is stopping', { retryAfterSeconds: 1 });
    await next();
  });
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) =>
    conversation.link() === 'up' ? c.text('ok') : c.text('humd does not answer', 503),
  );
  for (const surface of surfaces) mountSurface(app, surface);

  app.notFound((c) => {
    const fault = new Fault('not-found', `Invalid URL (${c.req.method} ${c.req.path})`);
    return respondWhole(c, surfaceOf(c.req.path).toError(fault));
  });
  app.onError((error, c) => {
    const fault = Fault.from(error);
    if (fault.code === 'internal')
      log.error({ err: error, path: c.req.path }, 'a request failed by our own mistake');
    return respondWhole(c, surfaceOf(c.req.path).toError(fault));
  });
  return app;
}
