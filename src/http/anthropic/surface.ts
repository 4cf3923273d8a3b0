/** Anthropic's Messages API: `/v1/messages` and all that stands under it, and the models for Anthropic's clients. */
import type { Rate } from '../guards/rate-limit.js';
import type { Surface, SurfaceContext } from '../surface.js';
import { toError } from './error.js';
import { countTokensRoute, messagesRoute } from './messages-routes.js';
import { isAnthropic, modelRoutes } from './models.js';

/** To be mounted in front of the surface that owns the rest of `/v1`. */
export function createAnthropicSurface(context: SurfaceContext): Surface {
  return {
    name: 'anthropic',
    owns: (path, headers) =>
      path === '/v1/messages' ||
      path.startsWith('/v1/messages/') ||
      (isAnthropic(headers) && (path === '/v1/models' || path.startsWith('/v1/models/'))),
    acceptsUncleanPaths: true,
    routes: [messagesRoute(context), countTokensRoute(context)],
    sharedRoutes: modelRoutes(context),
    docs: async () => (await import('./docs.js')).ANTHROPIC_DOCS,
    toError,
    toRateHeaders,
  };
}

/**
 * How many requests are left, by the names that Anthropic's clients read.
 * @param now in ms since the epoch; the time of the reset is in RFC 3339, in whole seconds, rounded up
 */
function toRateHeaders({ limit, remaining, resetMs }: Rate, now: number): Readonly<Record<string, string>> {
  const reset = new Date(Math.ceil((now + resetMs) / 1_000) * 1_000);
  return {
    'anthropic-ratelimit-requests-limit': String(limit),
    'anthropic-ratelimit-requests-remaining': String(remaining),
    'anthropic-ratelimit-requests-reset': reset.toISOString().replace('.000Z', 'Z'),
  };
}
