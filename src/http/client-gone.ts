/** Tells a turn that its client has left. */
import type { ServerResponse } from 'node:http';

/** One for a response, however many ask. */
const signals = new WeakMap<ServerResponse, AbortSignal>();

/**
 * A signal that aborts when the connection closes before the answer is complete, streamed or not. It listens to the
 * response: the request's own `close` fires when its body has been read, or never (spec/performance.md).
 */
export function clientGone(outgoing: ServerResponse): AbortSignal {
  const known = signals.get(outgoing);
  if (known !== undefined) return known;
  const controller = new AbortController();
  signals.set(outgoing, controller.signal);
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort();
  });
  if (outgoing.destroyed) controller.abort();
  return controller.signal;
}
