/**
 * What every request goes through before its route: it is named, and it is found out who asks and whether we answer at all.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import { clientLeft } from '../../core/abort.js';
import { Fault } from '../../core/fault.js';
import type { Caller } from '../../core/request.js';
import { clientOf } from '../caller.js';
import type { Clock } from '../clock.js';
import { beforeHeaders } from '../server/listener.js';
import { isWithin } from '../find-path.js';
import { REQUEST_ID_HEADER, toRequestId } from '../request-headers.js';
import type { Handler, HttpEnv, Surface } from '../surface.js';
import { type ApiKeys, isOpen } from './api-key-guard.js';
import { setCorsHeaders, setPreflightHeaders } from './cors.js';
import type { HostGuard } from './host-guard.js';
import { isOwnPage, PAGE_PATH } from './operators.js';
import type { OriginGuard } from './origin-guard.js';
import { type RateLimit, tooManyRequests, toRateHeaders } from './rate-limit.js';
import { type KeyRefusal, WrongKeys } from './wrong-keys.js';

/** What the people who run a bridge get to know of its requests. Nothing that a watcher does may throw or wait. */
export interface RequestWatcher {
  /** A request ended in `fault`. Told once for each answer that is an error. */
  failed(fault: Fault, request: FailedRequest): void;
  /** The answer to a request is out, or its client is gone. */
  answered(answer: AnsweredRequest): void;
  /** A request was refused for its key. */
  keyRefused(reason: KeyRefusal): void;
}

export interface FailedRequest {
  readonly requestId: string;
  readonly surface: string;
  /** Of the turn that it asked for; undefined if it did not come that far. */
  readonly caller: Caller | undefined;
}

export interface AnsweredRequest {
  readonly method: string;
  /** As the surface has it, `/v1/models/:id`; undefined for a path that no surface has. Never the client's own words. */
  readonly route: string | undefined;
  readonly status: number;
}

export interface GuardOptions {
  /** The guards are read at each use: others may take their place. */
  readonly hosts: HostGuard;
  readonly origins: OriginGuard;
  /** Undefined where no key is asked for. */
  readonly apiKeys: ApiKeys | undefined;
  /** Undefined where requests are not limited. */
  readonly rateLimit: RateLimit | undefined;
  readonly clock: Clock;
  readonly watcher?: RequestWatcher | undefined;
  stage(): Stage;
}

/**
 * How far a bridge that stops has come: `leaving` still answers everything, but signals on `/readyz` and by closing
 * connections that clients should go elsewhere; `refusing` takes no new request.
 */
export type Stage = 'serving' | 'leaving' | 'refusing';

/** Paths that are answered until the process ends: they are how it is watched. */
const PROBE_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** What a link on a page of another site may lead to: it tells a browser nothing that it can hand on, and starts nothing. */
const OPENED_PATHS: ReadonlySet<string> = new Set(['/', ...PROBE_PATHS, PAGE_PATH, `${PAGE_PATH}/`]);

/** The only version that OpenAI's API has ever had. */
const OPENAI_VERSION = '2020-10-01';

/**
 * The handler of a route, behind all that comes before it: around it, where Hono would put a middleware beside it. A path
 * with one handler takes neither the chain nor the promises of several.
 * @param route its path as the surface has it; undefined for what answers where no surface has one
 */
export type WithGuards = (route: string | undefined, handle: Handler) => Handler;

export function guardRoutes(options: GuardOptions, surfaceOf: (c: Context<HttpEnv>) => Surface): WithGuards {
  const { clock, watcher } = options;
  const wrongKeys = new WrongKeys(clock, (reason) => watcher?.keyRefused(reason));

  /**
   * What every answer carries, then who may ask, then whether we answer at all. An answer here is all of it; a promise rejects.
   */
  const admit = (c: Context<HttpEnv>, route: string | undefined): Response | Promise<never> | undefined => {
    const { incoming, outgoing } = c.env;
    const { method, path } = c.req;
    const { requestId, logId, uuid } = nameRequest(incoming.headers);
    c.set('requestId', requestId);
    c.set('logId', logId);
    c.set('requestUuid', uuid);
    c.set('arrivedAt', clock.monotonic());
    if (watcher !== undefined) reportAnswer(outgoing, method, route, watcher);
    outgoing.setHeader(REQUEST_ID_HEADER, requestId);
    if (isOpenAIPath(path)) setOpenAIHeaders(outgoing, clock);
    const stage = options.stage();
    if (stage !== 'serving') outgoing.setHeader('connection', 'close');
    options.hosts.check(incoming);
    // Only web pages have one.
    const allowedOrigin = incoming.headers.origin ? options.origins.check(incoming.headers) : undefined;
    if (allowedOrigin === undefined && incoming.headers['sec-fetch-site'] === 'cross-site')
      options.origins.checkSite(incoming.headers, OPENED_PATHS.has(path));
    if (allowedOrigin !== undefined) setCorsHeaders(outgoing, allowedOrigin);
    if (method === 'OPTIONS') {
      if (allowedOrigin !== undefined) setPreflightHeaders(outgoing, incoming.headers);
      return new Response(null, { status: 204 });
    }
    const isReading = method === 'GET' || method === 'HEAD';
    if (options.apiKeys !== undefined && !(isReading && isOwnPage(c))) {
      const { headers, socket } = incoming;
      const key = wrongKeys.check(options.apiKeys, method, path, headers, socket.remoteAddress);
      if (key instanceof Promise) return key;
      c.set('key', key);
      c.set('keyId', key?.id);
    }
    if (stage === 'refusing' && !PROBE_PATHS.has(path))
      throw new Fault('shutting-down', 'the bridge is stopping', { retryAfterSeconds: 1 });
    return undefined;
  };

  /** Throws `rate-limited`. */
  const countRequest = async (c: Context<HttpEnv>, rateLimit: RateLimit) => {
    const { outgoing } = c.env;
    const rate = await rateLimit.count(clientOf(c));
    const surface = surfaceOf(c);
    const headers = surface.toRateHeaders?.(rate, clock.now()) ?? toRateHeaders(rate);
    // The count may have taken a moment.
    if (outgoing.destroyed) throw clientLeft();
    for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
    if (rate.isOver) throw tooManyRequests(rate);
  };

  return (route, handle) => {
    const go = (c: Context<HttpEnv>) => {
      inviteBody(c.env.incoming, c.env.outgoing);
      return handle(c);
    };
    return (c) => {
      const answer = admit(c, route);
      if (answer !== undefined) return answer;
      const { method, path } = c.req;
      const { rateLimit } = options;
      if (rateLimit === undefined || isOpen(method, path) || isForOperators(path)) return go(c);
      return countRequest(c, rateLimit).then(() => go(c));
    };
  };
}

/** What is harmless in a header, a log and a file. */
const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

export interface RequestName {
  readonly requestId: string;
  /** An id of ours, which no other request has; the same where the client gave none. */
  readonly logId: string;
  /** The random UUID in an id of ours, which may name a session on the wire too; undefined for a client's own id. */
  readonly uuid: string | undefined;
}

/** The client's own id (`x-request-id`, else `x-client-request-id`) if it is sane, otherwise a new one. */
export function nameRequest(headers: IncomingHttpHeaders): RequestName {
  const own = saneId(headers[REQUEST_ID_HEADER]) ?? saneId(headers['x-client-request-id']);
  const uuid = randomUUID();
  const logId = toRequestId(uuid);
  // A client may send one id for all requests of a thread.
  if (own !== undefined) return { requestId: own, logId, uuid: undefined };
  return { requestId: logId, logId, uuid };
}

function saneId(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && SANE_ID.test(value) ? value : undefined;
}

/**
 * Keeps nothing of a request but two words: what a connection's last answer refers to stays in memory until its next one.
 */
function reportAnswer(
  outgoing: ServerResponse,
  method: string,
  route: string | undefined,
  watcher: RequestWatcher,
): void {
  outgoing.on('close', () => watcher.answered({ method, route, status: outgoing.statusCode }));
}

/** What watches the bridge each second is not to use up what its users may ask. */
function isForOperators(path: string): boolean {
  return path === '/metrics' || isWithin(path, PAGE_PATH);
}

/** True under `/v1`, but for Anthropic's routes. */
function isOpenAIPath(path: string): boolean {
  return isWithin(path, '/v1') && !isWithin(path, '/v1/messages');
}

/**
 * What every answer of OpenAI's API carries (src/http/openai/README.md, "Headers"): `openai-version`, and
 * `openai-processing-ms`: whole milliseconds from here until the headers are written. A whole answer and an error are
 * complete by then; a stream has its first event, or has delayed its headers for as long as it may.
 */
function setOpenAIHeaders(outgoing: ServerResponse, clock: Clock): void {
  const startedAt = clock.monotonic();
  outgoing.setHeader('openai-version', OPENAI_VERSION);
  beforeHeaders(outgoing, () => {
    outgoing.setHeader('openai-processing-ms', String(Math.round(clock.monotonic() - startedAt)));
  });
}

/**
 * Tells a client that asks before it sends its body (`Expect: 100-continue`) to go on, once it is known that its request is
 * not refused. Where this is not called, Node closes the connection after the answer. The listener keeps Node from telling
 * it too early.
 */
function inviteBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.httpVersion === '1.1' && /\b100-continue\b/i.test(incoming.headers.expect ?? ''))
    outgoing.writeContinue();
}
