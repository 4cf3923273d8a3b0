/** `GET /metrics`: what Prometheus scrapes. */
import { requireKeyOrLoopback } from '../guards/local-only.js';
import { respondWhole } from '../answer/respond.js';
import type { Route } from '../surface.js';
import type { UiContext } from './context.js';

export const METRICS_PATH = '/metrics';

export function metricsRoute(context: UiContext): Route {
  return {
    methods: ['GET'],
    path: METRICS_PATH,
    handle: async (c) => {
      requireKeyOrLoopback(c);
      const { contentType, text } = await context.metrics();
      const headers = { 'cache-control': 'no-store' };
      return respondWhole(c, { status: 200, contentType, body: text, headers });
    },
  };
}
