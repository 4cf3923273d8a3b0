/** What is served to the people who run the bridge: everything under `/ui`, and `/metrics`. */
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { PAGE_PATH, requireOperator } from '../guards/operators.js';
import { JSON_LINE, toCodedError } from '../openapi/coded-error.js';
import type { Route, Surface } from '../surface.js';
import type { UiContext } from './context.js';
import { pageRoutes } from './page-route.js';
import { tonesRoute } from './tones-route.js';

const METRICS_PATH = '/metrics';

/** These answers are out of date a moment later. */
const NO_STORE = { 'cache-control': 'no-store' };

export function createUiSurface(context: UiContext): Surface {
  return {
    name: 'ui',
    owns: (path) => path === PAGE_PATH || path.startsWith(`${PAGE_PATH}/`) || path === METRICS_PATH,
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
