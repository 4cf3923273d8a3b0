/** Answers a client that asks before it sends its body (`Expect: 100-continue`). */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Tells it to go on, once it is known that its request is not refused. Where this is not called, Node closes the
 * connection after the answer. The listener keeps Node from telling it too early.
 */
export function inviteBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.httpVersion === '1.1' && /\b100-continue\b/i.test(incoming.headers.expect ?? ''))
    outgoing.writeContinue();
}
