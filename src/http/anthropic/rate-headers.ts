/** How many requests are left, by the names that Anthropic's clients read. */
import type { Rate } from '../guards/rate-limit.js';

/** @param now in ms since the epoch; the time of the reset is in RFC 3339, in whole seconds, rounded up */
export function toRateHeaders(
  { limit, remaining, resetMs }: Rate,
  now: number,
): Readonly<Record<string, string>> {
  const reset = new Date(Math.ceil((now + resetMs) / 1_000) * 1_000);
  return {
    'anthropic-ratelimit-requests-limit': String(limit),
    'anthropic-ratelimit-requests-remaining': String(remaining),
    'anthropic-ratelimit-requests-reset': reset.toISOString().replace('.000Z', 'Z'),
  };
}
