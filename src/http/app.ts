/** The app of one hive: all routes behind the guards, and every error in the words of the surface it came in by. */
import { type Context, Hono } from 'hono';
import { getPathNoStrict } from 'hono/utils/url';
import type { Logger } from 'pino';
import { Fault } from '../core/fault.js';
import type { RequestAudit } from '../observe/records.js';
import type { LinkTarget, NestStatus } from '../observe/status.js';
import { toRequestRecord } from './answer/failed-request.js';
import { ALREADY_SENT, respondWhole } from './answer/respond.js';
import { type GuardOptions, guardRoutes } from './guards/admit-request.js';
import { cleanPath, createPathFinder, FixedPathsFirst } from './find-path.js';
import type { Handler, HttpEnv, Route, SharedRoute, Surface } from './surface.js';

export interface LinkedDaemon {
  /**
   * `up`: the link is here. `awaited`: turns go there once it is. The others are what a circuit breaker makes of the last dials and
   * checks.
   */
  readonly state: 'up' | 'closed' | 'open' | 'half-open' | 'awaited';
  /** A humd, or the daemon within the process by who answers there. */
  readonly to: LinkTarget;
}

export interface AppOptions extends GuardOptions {
  /** The first surface that owns a path words its errors; the last one owns all that is left. */
  readonly surfaces: readonly [...Surface[], Surface];
  readonly log: Logger;
  readonly audit: RequestAudit;
  /** Who answers now. */
  whoAnswers(): NestStatus;
  /** How each daemon is doing, in the order in which they are dialled. */
  links(): readonly LinkedDaemon[];
  /** Of the servers that workers stand in front of: why each cannot be asked, or undefined for one that can. */
  upstreams?(): readonly (string | undefined)[];
}

/** The app's own routes, by which it is watched. */
const PROBES = [
  { methods: ['GET', 'HEAD'], path: '/healthz' },
  { methods: ['GET', 'HEAD'], path: '/readyz' },
] as const;

export function createApp(options: AppOptions): Hono<HttpEnv> {
  const { surfaces, clock, log } = options;
  const findPath = createPathFinder([...PROBES, ...surfaces.flatMap(({ routes }) => routes)]);
  const app = new Hono<HttpEnv>({
    router: new FixedPathsFirst(),
    getPath: (request) => findPath(request.method, getPathNoStrict(request)),
  });
  const surfaceOf = ({ env, req }: Context<HttpEnv>): Surface =>
    surfaces.find((surface) => surface.owns(req.path, env.incoming.headers)) ??
    surfaces[surfaces.length - 1] ??
    surfaces[0];
  const behindGuards = guardRoutes(options, surfaceOf);

  const answerHealthz = behindGuards('/healthz', (c) => c.text('ok'));
  const answerReadyz = behindGuards('/readyz', (c) => {
    const isServing = options.stage() === 'serving';
    const nest = options.whoAnswers();
    const isReady = isServing && nest.ready;
    const status = isReady ? 200 : 503;
    if (c.req.query('verbose') !== undefined) return c.text(toVerbose(options, nest, isServing), status);
    return c.text(isServing ? (nest.problem ?? 'ok') : 'draining', status);
  });
  app.get('/healthz', answerHealthz);
  app.get('/readyz', answerReadyz);
  for (const surface of surfaces) {
    const shared = surfaces.flatMap(({ sharedRoutes = [] }) => sharedRoutes);
    mountSurface(surface, shared, (path, handle) => void app.all(path, behindGuards(path, handle)));
  }

  const answerFault = (fault: Fault, c: Context<HttpEnv>): Response => {
    const surface = surfaceOf(c);
    const requestId = c.get('requestId');
    const answer = surface.toError(fault, requestId);
    const caller = c.get('caller');
    options.watcher?.failed(fault, { requestId, surface: surface.name, caller });
    options.audit.failed(toRequestRecord(c, answer.status, fault.code, clock), caller);
    // The rest of its body may come at any time, or never, or go on for long.
    const isUnread = fault.code === 'body-timeout' || fault.code === 'body-too-large';
    if (isUnread && !c.env.incoming.complete) c.env.outgoing.setHeader('connection', 'close');
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
        { err: error, id: c.get('logId'), requestId: c.get('requestId'), path: c.req.path },
        'a request failed by our own mistake',
      );
    const { outgoing } = c.env;
    if (fault.code === 'client-left' || c.get('gone')?.aborted === true) {
      // What it would be answered is not sent; if it left a turn, the turn's own line says so.
      outgoing.destroy();
      return ALREADY_SENT;
    }
    if (!outgoing.headersSent) return answerFault(fault, c);
    if (!outgoing.writableEnded) outgoing.destroy();
    return ALREADY_SENT;
  });
  return app;
}

/** Has `on` register `surface`'s routes, with the method and slash rules that every route obeys. */
function mountSurface(
  surface: Surface,
  shared: readonly SharedRoute[],
  on: (path: string, handle: Handler) => void,
): void {
  for (const own of surface.routes) {
    const others = shared.filter(({ path }) => path === own.path);
    on(own.path, (c) => {
      const route = others.find((other) => other.isFor(c.env.incoming.headers)) ?? own;
      const redirect = surface.acceptsUncleanPaths ? undefined : redirectToClean(c);
      if (redirect) return redirect;
      if (!takes(route, c.req.method)) {
        throw new Fault('method-not-allowed', 'method not allowed', { allow: route.methods });
      }
      return route.handle(c);
    });
  }
}

/** Hono runs HEAD as GET; the method of the request is only here. */
function takes(route: Route, method: string): boolean {
  return route.methods.some((taken) => taken === method);
}

/** As Ollama's routers (src/http/ollama/README.md, "Routes"): 301 for a GET with a slash at its end, 307 otherwise. */
function redirectToClean(c: Context<HttpEnv>): Response | undefined {
  // Nearly every request, for which the whole URL need not be taken apart.
  if (isClean(c.env.incoming.url ?? '')) return undefined;
  const { pathname, search } = new URL(c.req.url);
  const clean = cleanPath(pathname);
  if (clean === pathname) return undefined;
  const isOneSlash = clean !== '/' && pathname === `${clean}/`;
  return c.redirect(clean + search, c.req.method === 'GET' && isOneSlash ? 301 : 307);
}

/** @param target of a request: a path, or a whole URL, and perhaps a query */
function isClean(target: string): boolean {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return !path.includes('//') && !path.includes('/.') && (path === '/' || !path.endsWith('/'));
}

/**
 * The body of `/readyz?verbose`, as Kubernetes' own has it: a line for who answers, one for each daemon in the order in which they are
 * dialled, and one for each server that a worker stands in front of. Says no path and no address: this may be read without a key.
 */
function toVerbose(
  { links, upstreams }: Pick<AppOptions, 'links' | 'upstreams'>,
  nest: NestStatus,
  isServing: boolean,
): string {
  const daemons = links();
  const humds = daemons.filter(({ to }) => to === 'humd');
  const who = nest.type === 'hum' ? 'hum' : `embedded ${nest.answers}`;
  const lines = daemons.map((daemon) => {
    const { state, to } = daemon;
    const name = to === 'humd' ? `humd ${humds.indexOf(daemon) + 1}` : to === 'echo' ? 'echo' : 'embedded';
    return `[${isGood(state) ? '+' : '-'}]${name} ${state}`;
  });
  const servers = (upstreams?.() ?? []).map((problem) =>
    problem === undefined ? '[+]upstream up' : `[-]upstream down: ${problem}`,
  );
  return [
    nest.problem === null ? `[+]nest ${who}` : `[-]nest ${who}: ${nest.problem}`,
    ...lines,
    ...servers,
    ...(isServing ? [] : ['[-]draining']),
    `readyz check ${isServing && nest.ready ? 'passed' : 'failed'}`,
    '',
  ].join('\n');
}

function isGood(state: LinkedDaemon['state']): boolean {
  switch (state) {
    case 'up':
    case 'closed':
      return true;
    case 'open':
    case 'half-open':
    case 'awaited':
      return false;
    default:
      return state satisfies never;
  }
}
