/** Anthropic's Messages API: `/v1/messages` and all that stands under it, and the models for Anthropic's clients. */
import type { Rate } from '../guards/rate-limit.js';
import { Fault } from '../../core/fault.js';
import { isWithin } from '../find-path.js';
import type { Route, Surface, SurfaceContext } from '../surface.js';
import { toError } from './error.js';
import { countTokensRoute, messagesRoute } from './messages-routes.js';
import { isAnthropic, modelRoutes } from './models.js';

/** Paths that OpenAI's API has as well, and that are Anthropic's for its clients. */
const SHARED = ['/v1/models', '/v1/files'];

const BATCHES = '/v1/messages/batches';

/** For a client that tries batches, which are another thing than OpenAI's. */
const BATCH_ROUTES = [BATCHES, `${BATCHES}/*`].map(
  (path): Route => ({
    methods: ['GET', 'POST', 'DELETE'],
    path,
    isAbsent: true,
    handle: () => {
      throw new Fault('not-found', `${BATCHES} is not offered here; POST /v1/messages is.`);
    },
  }),
);

/** To be mounted in front of the surface that owns the rest of `/v1`. */
export function createAnthropicSurface(context: SurfaceContext): Surface {
  return {
    name: 'anthropic',
    owns: (path, headers) =>
      isWithin(path, '/v1/messages') ||
      (isAnthropic(headers) && SHARED.some((shared) => isWithin(path, shared))),
    acceptsUncleanPaths: true,
    routes: [messagesRoute(context), countTokensRoute(context), ...BATCH_ROUTES],
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
