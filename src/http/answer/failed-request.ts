/** What is written down of a request that failed, or of a connection that never brought one. */
import type { Context } from 'hono';
import type { FaultCode } from '../../core/fault.js';
import type { RequestRecord } from '../../observe/records.js';
import { toTimestamp } from '../../core/timestamp.js';
import type { Clock } from '../clock.js';
import type { Refusal } from '../server/refused-connection.js';
import type { HttpEnv } from '../surface.js';

/** The longest piece of a path that is kept. */
const MAX_PATH_CHARACTERS = 200;

export function toRequestRecord(
  c: Context<HttpEnv>,
  status: number,
  code: FaultCode,
  clock: Clock,
): RequestRecord {
  const totalMs = clock.monotonic() - c.get('arrivedAt');
  return {
    at: toTimestamp(clock.now() - totalMs),
    kind: 'request',
    requestId: c.get('requestId'),
    ...(c.get('logId') === c.get('requestId') ? {} : { logId: c.get('logId') }),
    keyId: c.get('keyId') ?? null,
    address: c.env.incoming.socket.remoteAddress ?? null,
    method: c.req.method,
    path: c.req.path.slice(0, MAX_PATH_CHARACTERS),
    status,
    code,
    totalMs: Math.round(totalMs),
  };
}

export function toConnectionRecord(
  { requestId, status, code }: Refusal,
  address: string | undefined,
  clock: Clock,
): RequestRecord {
  return {
    at: toTimestamp(clock.now()),
    kind: 'request',
    requestId,
    keyId: null,
    address: address ?? null,
    method: null,
    path: null,
    status,
    code,
    totalMs: 0,
  };
}
