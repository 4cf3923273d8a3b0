/** Tells a client whether its answer is one that was given before. */
import type { ServerResponse } from 'node:http';
import type { CacheOutcome, Event } from '../../core/event.js';

/** On the answers to requests that the answer cache was asked for: `hit` or `miss`. */
export const CACHE_HEADER = 'x-hum-cache';

/** Is shown every batch of a turn: sets the header as the first says. Of several turns in one answer, a miss counts. */
export function noteCache(outgoing: ServerResponse, batch: readonly Event[]): void {
  const outcome = outcomeOf(batch);
  if (outcome === undefined || outgoing.headersSent) return;
  if (outcome === 'miss' || !outgoing.hasHeader(CACHE_HEADER)) outgoing.setHeader(CACHE_HEADER, outcome);
}

function outcomeOf(batch: readonly Event[]): CacheOutcome | undefined {
  const [first] = batch;
  return first?.type === 'ready' ? first.cache : undefined;
}
