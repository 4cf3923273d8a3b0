/** What a request's headers say, in whichever encoding its client wrote them, and the header with the request's own name. */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';

/** The header with the name of a request, in its answer and in our log. Every answer carries it. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** The name of a request that brings none of its own. */
export function toRequestId(uuid: string): string {
  return `req_${uuid}`;
}

const ASCII = /^[\0-\x7f]*$/;

/**
 * The text of a header. Node reads headers as Latin-1, in which `fetch` writes them; other clients write UTF-8. Undefined for a header that
 * is not there, and for one that Node gives as a list.
 * @param name in small letters
 */
export function readHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  if (typeof value !== 'string') return undefined;
  if (ASCII.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}
