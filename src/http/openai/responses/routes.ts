/** All that stands under `/v1/responses`. */
import { Fault } from '../../../core/fault.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { countRoute } from './count-route.js';
import { createRoute } from './create-route.js';
import { MemoryStore } from './memory-store.js';
import { SharedStore } from './shared-store.js';
import { storedRoutes } from './stored-routes.js';

/** The routes share one store. Those with a fixed last segment come before those with an id there. */
export function responsesRoutes(context: SurfaceContext): readonly Route[] {
  const own = new MemoryStore(context.clock);
  const store = context.replicas ? new SharedStore(own, context.replicas) : own;
  return [createRoute(context, store), countRoute(context, store), compactRoute, ...storedRoutes(store)];
}

const compactRoute: Route = {
  methods: ['POST'],
  path: '/v1/responses/compact',
  isAbsent: true,
  handle: () => {
    throw new Fault('not-found', 'POST /v1/responses/compact is not offered by this server.');
  },
};
