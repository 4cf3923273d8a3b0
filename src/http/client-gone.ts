/** Tells a turn that its client has left. */

import type { ServerResponse } from 'node:http';
import { TurnAbort, type TurnSignal } from '../conversation/turn-signal.js';

/** One for a response, however many ask. */
const signals = new WeakMap<ServerResponse, TurnSignal>();

/**
 * A signal that aborts when the connection closes before the answer is complete, streamed or not. It listens to the
 * response: the request's own `close` fires when its body has been read, or never (spec/performance.md).
 */
export function clientGone(outgoing: ServerResponse): TurnSignal {
  const known = signals.get(outgoing);
  if (known !== undefined) return known;
  const signal = new TurnAbort();
  signals.set(outgoing, signal);
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) signal.abort();
  });
  if (outgoing.destroyed) signal.abort();
  return signal;
}
