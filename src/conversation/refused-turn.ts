/** A turn of which nothing has begun. */
import type { Event } from './event.js';
import { Fault } from './fault.js';

/** Ends with `error` as its fault, or without a word where `signal` says that the client has left. */
export async function* refusedTurn(
  error: unknown,
  signal: AbortSignal,
): AsyncGenerator<readonly Event[], void, undefined> {
  if (!signal.aborted) yield [{ type: 'fault', fault: Fault.from(error) }];
}
