/** The OpenAI surface: all that stands under `/v1`. */
import type { Surface, SurfaceContext } from '../surface.js';
import { chatRoute } from './chat-route.js';
import { toError } from './error.js';
import { modelRoutes } from './models-route.js';

export function createOpenAISurface(context: SurfaceContext): Surface {
  return {
    owns: (path) => path === '/v1' || path.startsWith('/v1/'),
    acceptsTrailingSlash: true,
    routes: [chatRoute(context), ...modelRoutes(context)],
    toError,
  };
}
