/** Keeps what is meant for the people who run the bridge to them: they are on this machine, or show a key. */
import type { Context } from 'hono';
import { Fault } from '../../core/fault.js';
import type { HttpEnv } from '../surface.js';
import { isLoopbackAddress } from './loopback.js';

/** What proxies add: then whoever asks is not the one who is connected. */
const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/** Throws `forbidden` unless the request came with a configured key, or from this machine itself. */
export function requireKeyOrLoopback(c: Context<HttpEnv>): void {
  if (c.get('keyId') !== undefined || isFromHere(c)) return;
  throw new Fault(
    'forbidden',
    'this is only for callers on the same machine; to reach it from elsewhere, configure an API key and send it',
  );
}

/** True if the client is on this machine, as far as the connection shows. */
export function isFromHere(c: Context<HttpEnv>): boolean {
  const { incoming } = c.env;
  return (
    isLoopbackAddress(incoming.socket.remoteAddress) &&
    FORWARDING_HEADERS.every((name) => incoming.headers[name] === undefined)
  );
}
