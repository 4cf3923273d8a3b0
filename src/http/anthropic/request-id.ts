/** The header that Anthropic's SDKs read a request's id from; they show it with every error. */
import type { Handler } from '../surface.js';

export const REQUEST_ID_HEADER = 'request-id';

/** `handle`, whose answers, streamed or whole, carry the id that the log knows the request by. An error brings its own. */
export function withRequestId(handle: Handler): Handler {
  return (c) => {
    c.env.outgoing.setHeader(REQUEST_ID_HEADER, c.get('requestId'));
    return handle(c);
  };
}
