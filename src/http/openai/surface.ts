/** The OpenAI surface: all that stands under `/v1`. */
import { Fault } from '../../core/fault.js';
import { isWithin } from '../find-path.js';
import type { Route, Surface, SurfaceContext } from '../surface.js';
import { chatRoute } from './chat/route.js';
import { completionsRoute } from './completions/route.js';
import { embeddingsRoute } from './embeddings/route.js';
import { toError } from './error.js';
import { modelRoutes } from './models-route.js';
import { responsesRoutes } from './responses/routes.js';
import { sessionsRoutes } from './sessions-route.js';
import { usageRoute } from './usage-route.js';

const PREFIX = '/v1';

/** Where clients whose base URL has no `/v1` look for routes. What is found there is found by `find-path.ts`. */
const BARE_PATHS = ['/chat', '/completions', '/embeddings', '/models', '/responses', '/conversations'];

/** OpenAI's routes for things that hum has not. */
const ABSENT = [
  'audio',
  'images',
  'files',
  'uploads',
  'batches',
  'assistants',
  'threads',
  'moderations',
  'fine_tuning',
  'vector_stores',
  'realtime',
];

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const;

export function createOpenAISurface(context: SurfaceContext): Surface {
  const offered = [
    chatRoute(context),
    completionsRoute(context),
    embeddingsRoute(context),
    ...modelRoutes(context),
    ...responsesRoutes(context),
    usageRoute(context),
    ...sessionsRoutes(context),
  ];
  return {
    name: 'openai',
    owns: (path) => isWithin(path, PREFIX) || BARE_PATHS.some((bare) => isWithin(path, bare)),
    acceptsUncleanPaths: true,
    routes: [...offered, ...notOfferedRoutes(offered)],
    docs: async () => (await import('./docs/routes.js')).OPENAI_DOCS,
    toError,
  };
}

/**
 * For a client that tries what is absent: the error lists what there is instead.
 * @param offered the routes that there are; each answer names them, without those that lie below another one
 */
function notOfferedRoutes(offered: readonly Route[]): readonly Route[] {
  const names = offered
    .filter(({ path }) => !offered.some((other) => path.startsWith(`${other.path}/`)))
    .map(({ methods, path }) => `${methods.join(', ')} ${path}`);
  return ABSENT.flatMap((name) =>
    [`/v1/${name}`, `/v1/${name}/*`].map(
      (path): Route => ({
        methods: ALL_METHODS,
        path,
        isAbsent: true,
        handle: () => {
          throw new Fault('not-found', `/v1/${name} is not offered here. Offered are: ${names.join('; ')}.`);
        },
      }),
    ),
  );
}
