/** The name that a request has in its answer and in our log. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The header that every answer carries. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** Harmless in a header, a log and a file. */
const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

export interface RequestName {
  readonly requestId: string;
  /** The random UUID in an id of ours, which may name a session on the wire too; undefined for a client's own id. */
  readonly uuid: string | undefined;
}

/** The client's own id (`x-request-id`, else `x-client-request-id`) if it is sane, otherwise a new one. */
export function nameRequest(headers: IncomingHttpHeaders): RequestName {
  const own = sane(headers[REQUEST_ID_HEADER]) ?? sane(headers['x-client-request-id']);
  if (own !== undefined) return { requestId: own, uuid: undefined };
  const uuid = randomUUID();
  return { requestId: toRequestId(uuid), uuid };
}

/** `req_` and a random UUID. */
export function createRequestId(): string {
  return toRequestId(randomUUID());
}

function toRequestId(uuid: string): string {
  return `req_${uuid}`;
}

function sane(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && SANE.test(value) ? value : undefined;
}
