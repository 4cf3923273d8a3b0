/** Ollama's native API, as clients of a real Ollama server expect it. */
import { toTimestamp } from '../../core/timestamp.js';
import type { Surface, SurfaceContext } from '../surface.js';
import { toError } from './error.js';
import { LoadedModels } from './loaded-models.js';
import { ollamaRoutes } from './routes.js';

/** Words the errors of every path that is not OpenAI's. */
export function createOllamaSurface(context: SurfaceContext): Surface {
  const { clock } = context;
  const modifiedAt = toTimestamp(clock.now());
  return {
    name: 'ollama',
    owns: (path) => path !== '/v1' && !path.startsWith('/v1/'),
    acceptsTrailingSlash: false,
    routes: ollamaRoutes({ ...context, modifiedAt, loaded: new LoadedModels(clock) }),
    docs: async () => (await import('./docs/routes.js')).OLLAMA_DOCS,
    toError,
  };
}
