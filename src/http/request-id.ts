/** The name that a request has in its answer and in our log. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The header that every answer carries. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** Harmless in a header, a log and a file. */
const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

/** The client's own id (`x-request-id`, else `x-client-request-id`) if it is sane, otherwise a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  return sane(headers[REQUEST_ID_HEADER]) ?? sane(headers['x-client-request-id']) ?? createRequestId();
}

/** `req_` and 32 random hexadecimal digits. */
export function createRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '')}`;
}

function sane(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && SANE.test(value) ? value : undefined;
}
