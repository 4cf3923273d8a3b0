/** A turn of which nothing has begun. */
import type { Event } from '../core/event.js';
import { Fault } from '../core/fault.js';
import type { TurnSignal } from '../core/abort.js';

/** Ends with `error` as its fault, or without a word where `signal` says that the client has left. */
export async function* refusedTurn(
  error: unknown,
  signal: TurnSignal,
): AsyncGenerator<readonly Event[], void, undefined> {
  if (!signal.aborted) yield [{ type: 'fault', fault: Fault.from(error) }];
}
