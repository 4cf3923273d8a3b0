/** What is served to the people who run the bridge: everything under `/ui`, and `/metrics`. */
import { PAGE_PATH } from '../page-paths.js';
import type { Surface } from '../surface.js';
import type { UiContext } from './context.js';
import { toError } from './error.js';
import { METRICS_PATH, metricsRoute } from './metrics-route.js';
import { pageRoutes } from './page-route.js';
import { statusRoute } from './status-route.js';
import { tonesRoute } from './tones-route.js';

export function createUiSurface(context: UiContext): Surface {
  return {
    name: 'ui',
    owns: (path) => path === PAGE_PATH || path.startsWith(`${PAGE_PATH}/`) || path === METRICS_PATH,
    acceptsTrailingSlash: true,
    routes: [...pageRoutes(), statusRoute(context), tonesRoute(context), metricsRoute(context)],
    docs: async () => (await import('./docs.js')).UI_DOCS,
    toError,
  };
}
