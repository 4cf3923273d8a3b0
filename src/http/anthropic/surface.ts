/** Anthropic's Messages API: `/v1/messages` and all that stands under it. */
import type { Surface, SurfaceContext } from '../surface.js';
import { countTokensRoute } from './count-tokens-route.js';
import { toError } from './error.js';
import { messagesRoute } from './messages-route.js';
import { toRateHeaders } from './rate-headers.js';

/** To be mounted in front of the surface that owns the rest of `/v1`. */
export function createAnthropicSurface(context: SurfaceContext): Surface {
  return {
    name: 'anthropic',
    owns: (path) => path === '/v1/messages' || path.startsWith('/v1/messages/'),
    acceptsTrailingSlash: true,
    routes: [messagesRoute(context), countTokensRoute(context)],
    docs: async () => (await import('./docs.js')).ANTHROPIC_DOCS,
    toError,
    toRateHeaders,
  };
}
