/** The app of one hive: all surfaces behind one guard, and every error in the words of the surface it came in by. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { Fault } from '../core/fault.js';
import type { Mesh } from '../core/port.js';
import type { RequestAudit } from '../core/request-record.js';
import { guardRoutes, type GuardOptions } from './guards/admit-request.js';
import { toRequestRecord } from './answer/failed-request.js';
import { LiteralRouter } from './literal-router.js';
import { mountSurface } from './mount.js';
import { type HumdState, toVerbose } from './readiness.js';
import { respondWhole } from './answer/respond.js';
import type { HttpEnv, Surface } from './surface.js';

export interface AppOptions extends GuardOptions {
  /** The first surface that owns a path words its errors; the last one owns all that is left. */
  readonly surfaces: readonly [...Surface[], Surface];
  readonly mesh: Pick<Mesh, 'link'>;
  readonly log: Logger;
  readonly audit: RequestAudit;
  /** How each humd is doing, in the order in which they are dialled. */
  humds(): readonly HumdState[];
}

export function createApp(options: AppOptions): Hono<HttpEnv> {
  const { surfaces, mesh, clock, log } = options;
  const app = new Hono<HttpEnv>({ strict: false, router: new LiteralRouter() });
  const surfaceOf = (path: string): Surface =>
    surfaces.find((surface) => surface.owns(path)) ?? surfaces[surfaces.length - 1] ?? surfaces[0];
  const behindGuards = guardRoutes(options, surfaceOf);

  const answerHealthz = behindGuards('/healthz', (c) => c.text('ok'));
  const answerReadyz = behindGuards('/readyz', (c) => {
    const isServing = options.stage() === 'serving';
    const isReady = isServing && mesh.link() === 'up';
    const status = isReady ? 200 : 503;
    if (c.req.query('verbose') !== undefined) return c.text(toVerbose(options.humds(), isReady), status);
    return c.text(isReady ? 'ok' : isServing ? 'humd does not answer' : 'draining', status);
  });
  app.get('/healthz', answerHealthz);
  app.get('/readyz', answerReadyz);
  for (const surface of surfaces) {
    mountSurface(surface, (path, handle) => void app.all(path, behindGuards(path, handle)));
  }

  const answerFault = (fault: Fault, c: Context<HttpEnv>): Response => {
    const surface = surfaceOf(c.req.path);
    const requestId = c.get('requestId');
    const answer = surface.toError(fault, requestId);
    const caller = c.get('caller');
    // Of a client that left its turn the turn's own line says so; what it would be answered is a fault to nobody.
    const hasLeftTurn = caller !== undefined && c.get('gone')?.aborted === true;
    if (!hasLeftTurn) {
      options.watcher?.failed(fault, { requestId, surface: surface.name, caller });
      options.audit.failed(toRequestRecord(c, answer.status, fault.code, clock), caller);
    }
    // The rest of its body may come at any time, or never.
    if (fault.code === 'body-timeout') c.env.outgoing.setHeader('connection', 'close');
    return respondWhole(c, answer);
  };
  app.notFound(
    behindGuards(undefined, (c) =>
      answerFault(new Fault('not-found', `Invalid URL (${c.req.method} ${c.req.path})`), c),
    ),
  );
  app.onError((error, c) => {
    const fault = Fault.from(error);
    if (fault.code === 'internal')
      log.error(
        { err: error, requestId: c.get('requestId'), path: c.req.path },
        'a request failed by our own mistake',
      );
    const { outgoing } = c.env;
    if (!outgoing.headersSent) return answerFault(fault, c);
    if (!outgoing.writableEnded) outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}
