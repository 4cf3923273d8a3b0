/** Which address leads to a hive of ours: the one to dial, and those of a URL that lead back to it, however it is spelt. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopbackAddress } from '../http/guards/loopback.js';

/** Where a hive listens. */
export interface Listening {
  readonly kind: string;
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http:', 80],
  ['https:', 443],
]);

/** To dial these is to dial this machine. */
const ANY = new BlockList();
ANY.addAddress('0.0.0.0', 'ipv4');
ANY.addAddress('::', 'ipv6');

/**
 * The hive that requests to `url` would come to; undefined if there is none. A port that the system is to choose (0) is no
 * hive's yet. Names are looked up; one that means nothing leads nowhere.
 */
export async function findOwnHive(url: string, hives: readonly Listening[]): Promise<Listening | undefined> {
  const { protocol, port, hostname } = new URL(url);
  const wanted = port === '' ? DEFAULT_PORTS.get(protocol) : Number(port);
  const samePort = hives.filter((hive) => hive.port !== 0 && hive.port === wanted);
  if (samePort.length === 0) return undefined;
  const theirs = await addressesOf(hostname.replace(/^\[(.*)\]$/, '$1'));
  for (const hive of samePort) {
    const ours = await addressesOf(hive.host);
    if (theirs.some((their) => ours.some((our) => leadsTo(their, our)))) return hive;
  }
  return undefined;
}

/** A hive on all addresses is found by any of this machine's; 127.0.0.1 and ::1 may well be the same listener. */
function leadsTo(dialled: string, bound: string): boolean {
  if (dialled === bound) return true;
  const isHere = isLoopbackAddress(dialled) || isAny(dialled);
  if (isHere) return isLoopbackAddress(bound) || isAny(bound);
  return isAny(bound) && isOfThisMachine(dialled);
}

function isOfThisMachine(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));
}

function isAny(address: string): boolean {
  return ANY.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [toPlain(host)];
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => toPlain(address));
}

/** An IPv4 address in IPv6 clothes (`::ffff:7f00:1`) is the IPv4 address. */
function toPlain(address: string): string {
  if (isIP(address) !== 6) return address;
  const { hostname } = new URL(`http://[${address}]`);
  const [, high, low] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return hostname.slice(1, -1);
  const bits = Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

/** The host to dial, as it stands in a URL, for a listener on `host`: all addresses of this machine cannot be dialled. */
export function toDialledHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
