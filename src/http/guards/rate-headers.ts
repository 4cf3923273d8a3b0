/** Tells a client how many requests it has left, by OpenAI's names (spec/openai.md §5.4), which others read as well. */
import type { Rate } from './rate-limit.js';

export function toRateHeaders({ limit, remaining, resetMs }: Rate): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': toDuration(resetMs),
  };
}

/** Go's way to write a time: `12ms`, `59s`, `1m0s`. From a second on whole seconds, rounded up. */
function toDuration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
