/** Keeps what is meant for the people who run the bridge to them: they are on this machine, or show a key. */
import { BlockList, isIP } from 'node:net';
import type { Context } from 'hono';
import { Fault } from '../../core/fault.js';
import type { HttpEnv } from '../surface.js';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

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
    isLoopback(incoming.socket.remoteAddress) &&
    FORWARDING_HEADERS.every((name) => incoming.headers[name] === undefined)
  );
}

/** IPv4 addresses come in IPv6 spelling where the socket takes both; Node's list sees through that. */
export function isLoopback(address: string | undefined): boolean {
  const version = isIP(address ?? '');
  return address !== undefined && version !== 0 && LOOPBACK.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
