/** `GET /ui/api/status`: how the bridge is doing. */
import { requireKeyOrLoopback } from '../guards/local-only.js';
import { respondWhole } from '../answer/respond.js';
import type { Route } from '../surface.js';
import type { UiContext } from './context.js';
import { jsonAnswer } from './json-answer.js';

export function statusRoute(context: UiContext): Route {
  return {
    methods: ['GET'],
    path: '/ui/api/status',
    handle: async (c) => {
      requireKeyOrLoopback(c);
      return respondWhole(c, jsonAnswer(await context.status()));
    },
  };
}
