/** What is served to the people who run the bridge: everything under `/ui`, and `/metrics`. */
import { Fault } from '../../core/fault.js';
import { ALREADY_SENT, respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { clientGone } from '../caller.js';
import { isWithin } from '../find-path.js';
import { PAGE_PATH, requireOperator } from '../guards/operators.js';
import { JSON_LINE, toCodedError } from '../openapi/coded-error.js';
import type { Route, Surface } from '../surface.js';
import type { UiContext } from './context.js';
import { pageRoutes } from './page-route.js';

const METRICS_PATH = '/metrics';

/** These answers are out of date a moment later. */
const NO_STORE = { 'cache-control': 'no-store' };

export function createUiSurface(context: UiContext): Surface {
  return {
    name: 'ui',
    owns: (path) => isWithin(path, PAGE_PATH) || path === METRICS_PATH,
    acceptsUncleanPaths: true,
    routes: [...pageRoutes(), statusRoute(context), tonesRoute(context), metricsRoute(context)],
    docs: async () => (await import('./docs.js')).UI_DOCS,
    toError: (fault) => toCodedError(fault, NO_STORE),
  };
}

/** How the bridge is doing. */
function statusRoute(context: UiContext): Route {
  return {
    methods: ['GET'],
    path: '/ui/api/status',
    handle: async (c) => {
      requireOperator(c);
      return respondWhole(c, WireAnswer.json(await context.status(), { ...JSON_LINE, headers: NO_STORE }));
    },
  };
}

/** What Prometheus scrapes. */
function metricsRoute(context: UiContext): Route {
  return {
    methods: ['GET'],
    path: METRICS_PATH,
    handle: async (c) => {
      requireOperator(c);
      const { contentType, text } = await context.metrics();
      return respondWhole(c, { status: 200, contentType, body: text, headers: NO_STORE });
    },
  };
}

/** Tones are what users wrote: only a request that was given such an id, to be watched, can be. */
const WATCHABLE = /^ui-[A-Za-z0-9-]{16,64}$/;

const EVENT_STREAM = { contentType: 'text/event-stream', ping: ': ping\n\n' };

/** `GET /ui/api/tones?request=ID`: the tones of a request that the page is about to send, as an event stream. */
function tonesRoute({ tones, streams }: UiContext): Route {
  return {
    methods: ['GET'],
    path: '/ui/api/tones',
    handle: async (c) => {
      requireOperator(c);
      const requestId = c.req.query('request') ?? '';
      if (!WATCHABLE.test(requestId))
        throw new Fault('bad-request', 'request must be ui- and 16 to 64 letters, digits and dashes');
      const tap = tones.watch(requestId, c.get('keyId'));
      const gone = clientGone(c);
      gone.addEventListener('abort', () => tap.close());
      if (gone.aborted) tap.close();
      const stream = streams.open(c.env.outgoing, EVENT_STREAM);
      stream.write(': watching\n\n');
      for await (const batch of tap) {
        const text = batch.map((tone) => `data: ${JSON.stringify(tone)}\n\n`).join('');
        if (!stream.write(text)) await stream.drained();
      }
      stream.end();
      return ALREADY_SENT;
    },
  };
}
