/** The OpenAI surface: all that stands under `/v1`. */
import type { Route, Surface, SurfaceContext } from '../surface.js';
import { chatRoute } from './chat/route.js';
import { completionsRoute } from './completions/route.js';
import { embeddingsRoute } from './embeddings/route.js';
import { toError } from './error.js';
import { modelRoutes } from './models/route.js';
import { notOfferedRoutes } from './not-offered.js';
import { responsesRoutes } from './responses/routes.js';
import { usageRoute } from './usage-route.js';

const PREFIX = '/v1';

export function createOpenAISurface(context: SurfaceContext): Surface {
  const bare = [
    chatRoute(context),
    completionsRoute(context),
    embeddingsRoute(context),
    ...modelRoutes(context),
  ];
  const offered = [...bare, ...responsesRoutes(context), usageRoute(context)];
  return {
    name: 'openai',
    owns: (path) => isWithin(path, PREFIX) || BARE_PATHS.some((bare) => isWithin(path, bare)),
    acceptsTrailingSlash: true,
    routes: [...offered, ...bare.map(withoutPrefix), ...notOfferedRoutes(offered)],
    docs: async () => (await import('./docs/routes.js')).OPENAI_DOCS,
    toError,
  };
}

/** Where clients whose base URL has no `/v1` look for these routes. */
const BARE_PATHS = ['/chat', '/completions', '/embeddings', '/models'];

function withoutPrefix(route: Route): Route {
  return { ...route, path: route.path.slice(PREFIX.length) };
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}
