/** Tells a turn that its client has left. */
import type { Context } from 'hono';
import { TurnAbort, type TurnSignal } from '../../core/abort.js';
import type { HttpEnv } from '../surface.js';

/**
 * A signal that aborts when the connection closes before the answer is complete, streamed or not; one for a request, however
 * many ask. It listens to the response: the request's own `close` fires when its body has been read, or never
 * (test/bench/README.md, "What pays").
 */
export function clientGone(c: Context<HttpEnv>): TurnSignal {
  const known = c.get('gone');
  if (known !== undefined) return known;
  const { outgoing } = c.env;
  const signal = new TurnAbort();
  c.set('gone', signal);
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) signal.abort();
  });
  if (outgoing.destroyed) signal.abort();
  return signal;
}
