/** The app of one hive: all surfaces behind one guard, and every error in the words of the surface it came in by. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Logger } from 'pino';
import { Fault } from '../conversation/fault.js';
import type { Conversation } from '../conversation/port.js';
import type { RequestAudit } from '../conversation/request-record.js';
import type { Clock } from './clock.js';
import { setCorsHeaders, setPreflightHeaders } from './cors.js';
import { toRequestRecord } from './failed-request.js';
import { type ApiKeys, isOpen } from './guard.js';
import type { HostGuard } from './host-guard.js';
import { inviteBody } from './invite-body.js';
import { LiteralRouter } from './literal-router.js';
import { mountSurface } from './mount.js';
import { isOpenAIPath, setOpenAIHeaders } from './openai-headers.js';
import type { OriginGuard } from './origin-guard.js';
import { isOwnPage, PAGE_PATH } from './page-paths.js';
import { toRateHeaders } from './rate-headers.js';
import { type RateLimit, tooManyRequests } from './rate-limit.js';
import { type HumdState, toVerbose } from './readiness.js';
import { nameRequest, REQUEST_ID_HEADER } from './request-id.js';
import type { RequestWatcher } from './request-watcher.js';
import { respondWhole } from './respond.js';
import type { HttpEnv, Surface } from './surface.js';

export interface AppOptions {
  /** The first surface that owns a path words its errors; the last one owns all that is left. */
  readonly surfaces: readonly [...Surface[], Surface];
  readonly conversation: Conversation;
  /** The three guards are read at each use: others may take their place. */
  readonly hosts: HostGuard;
  readonly origins: OriginGuard;
  readonly apiKeys: ApiKeys;
  readonly rateLimit: RateLimit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: RequestAudit;
  readonly watcher?: RequestWatcher | undefined;
  /** How each humd is doing, in the order in which they are dialled. */
  humds(): readonly HumdState[];
  stage(): Stage;
}

/**
 * How far a bridge that stops has come: `leaving` still answers everything, but says on `/readyz` and by closing connections
 * that clients should go elsewhere; `refusing` takes no new request.
 */
export type Stage = 'serving' | 'leaving' | 'refusing';

/** Paths that are answered to the end: whoever asks there wants to know how it goes. */
const PROBE_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Every path but these is matched by its own route after the one that all have in common. */
const COMMON_ROUTE = '/*';

export function createApp(options: AppOptions): Hono<HttpEnv> {
  const { surfaces, conversation, clock, log } = options;
  const app = new Hono<HttpEnv>({ strict: false, router: new LiteralRouter() });
  const surfaceOf = (path: string): Surface =>
    surfaces.find((surface) => surface.owns(path)) ?? surfaces[surfaces.length - 1] ?? surfaces[0];

  /** Throws `rate-limited`. */
  const countRequest = async (c: Context<HttpEnv>) => {
    const { incoming, outgoing } = c.env;
    const rate = await options.rateLimit.count(c.get('keyId') ?? incoming.socket.remoteAddress ?? '');
    const surface = surfaceOf(c.req.path);
    const headers = surface.toRateHeaders?.(rate, clock.now()) ?? toRateHeaders(rate);
    // The count may have taken a moment, and whoever reads a body listens too late for a client that left meanwhile.
    if (outgoing.destroyed) throw new Fault('bad-request', 'the client has left');
    for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
    if (rate.isOver) throw tooManyRequests(rate);
  };

  // In this order, and before anything else: what every answer carries, then who may ask, then whether we answer at all.
  app.use(async (c, next) => {
    const { incoming, outgoing } = c.env;
    const { method, path } = c.req;
    const { requestId, uuid } = nameRequest(incoming.headers);
    c.set('requestId', requestId);
    c.set('requestUuid', uuid);
    c.set('arrivedAt', clock.monotonic());
    if (options.watcher !== undefined) tellAnswered(outgoing, method, routeOf(c), options.watcher);
    outgoing.setHeader(REQUEST_ID_HEADER, requestId);
    if (isOpenAIPath(path)) setOpenAIHeaders(outgoing, clock);
    const stage = options.stage();
    if (stage !== 'serving') outgoing.setHeader('connection', 'close');
    options.hosts.check(incoming);
    const allowedOrigin = options.origins.check(incoming.headers);
    if (allowedOrigin !== undefined) setCorsHeaders(outgoing, allowedOrigin);
    if (method === 'OPTIONS') {
      if (allowedOrigin !== undefined) setPreflightHeaders(outgoing, incoming.headers);
      return new Response(null, { status: 204 });
    }
    c.set('keyId', isOwnPage(c) ? undefined : options.apiKeys.check(method, path, incoming.headers));
    if (stage === 'refusing' && !PROBE_PATHS.has(path))
      throw new Fault('shutting-down', 'the bridge is stopping', { retryAfterSeconds: 1 });
    if (options.rateLimit.isOn && !isOpen(method, path) && !isForOperators(path)) await countRequest(c);
    inviteBody(incoming, outgoing);
    return next();
  });
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => {
    const isServing = options.stage() === 'serving';
    const isReady = isServing && conversation.link() === 'up';
    const status = isReady ? 200 : 503;
    if (c.req.query('verbose') !== undefined) return c.text(toVerbose(options.humds(), isReady), status);
    return c.text(isReady ? 'ok' : isServing ? 'humd does not answer' : 'draining', status);
  });
  for (const surface of surfaces) mountSurface(app, surface);

  const answerFault = (fault: Fault, c: Context<HttpEnv>): Response => {
    const surface = surfaceOf(c.req.path);
    const requestId = c.get('requestId');
    const answer = surface.toError(fault, requestId);
    options.watcher?.failed(fault, { requestId, surface: surface.name, caller: c.get('caller') });
    options.audit.failed(toRequestRecord(c, answer.status, fault.code, clock), c.get('caller'));
    // The rest of its body may come at any time, or never.
    if (fault.code === 'body-timeout') c.env.outgoing.setHeader('connection', 'close');
    return respondWhole(c, answer);
  };
  app.notFound((c) => answerFault(new Fault('not-found', `Invalid URL (${c.req.method} ${c.req.path})`), c));
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

/** The path of the route that answers, as its surface has it. */
function routeOf(c: Context<HttpEnv>): string | undefined {
  const route = matchedRoutes(c).at(-1)?.path;
  return route === COMMON_ROUTE ? undefined : route;
}

/** Keeps nothing of a request but two words: what a connection's last answer refers to lives until its next one. */
function tellAnswered(
  outgoing: ServerResponse,
  method: string,
  route: string | undefined,
  watcher: RequestWatcher,
): void {
  outgoing.on('close', () => watcher.answered({ method, route, status: outgoing.statusCode }));
}

/** What watches the bridge each second is not to use up what its users may ask. */
function isForOperators(path: string): boolean {
  return path === '/metrics' || path === PAGE_PATH || path.startsWith(`${PAGE_PATH}/`);
}
