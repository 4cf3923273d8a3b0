/**
 * What is answered to bytes that never become a request: the parser gave up on them, they never end, or there is no room.
 */
import { randomUUID } from 'node:crypto';
import type { ConnectionCode } from '../../observe/records.js';
import { REQUEST_ID_HEADER, toRequestId } from '../request-headers.js';

export interface Refusal {
  readonly code: ConnectionCode;
  readonly status: number;
  readonly requestId: string;
  /** The whole answer, with `connection: close`. */
  readonly bytes: string;
}

const REASONS: Readonly<Record<ConnectionCode, readonly [status: number, reason: string, text: string]>> = {
  'malformed-request': [400, 'Bad Request', 'malformed request'],
  'headers-timeout': [408, 'Request Timeout', "the request's headers did not come in time"],
  'headers-too-large': [431, 'Request Header Fields Too Large', "the request's headers are too large"],
  'not-a-proxy': [405, 'Method Not Allowed', 'this server is not a proxy'],
  'too-many-connections': [503, 'Service Unavailable', 'too many connections'],
};

export function createRefusal(code: ConnectionCode): Refusal {
  const requestId = toRequestId(randomUUID());
  const [status, reason, text] = REASONS[code];
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    `${REQUEST_ID_HEADER}: ${requestId}`,
    ...(status === 503 ? ['retry-after: 1'] : []),
    ...(status === 405 ? ['allow: GET, HEAD, POST, PUT, DELETE, OPTIONS'] : []),
  ];
  return { code, status, requestId, bytes: `${lines.join('\r\n')}\r\n\r\n${text}` };
}

/** The code for an error of Node's parser; undefined where the connection itself broke. */
export function connectionCodeOf(error: NodeJS.ErrnoException): ConnectionCode | undefined {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'headers-timeout';
    case 'HPE_HEADER_OVERFLOW':
      return 'headers-too-large';
    default:
      return error.code?.startsWith('HPE_') ? 'malformed-request' : undefined;
  }
}
