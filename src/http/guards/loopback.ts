/** Which addresses and names mean this machine: the one rule for who is let in, what may be listened on and what leads back here. */
import { BlockList, isIP } from 'node:net';

const ADDRESSES = new BlockList();
ADDRESSES.addSubnet('127.0.0.0', 8, 'ipv4');
ADDRESSES.addAddress('::1', 'ipv6');

/**
 * True for an address in 127.0.0.0/8 and for ::1, in any spelling that Node takes for an address: an IPv4 address in an IPv6
 * one (`::ffff:127.0.0.1`), as sockets that take both report it, counts too. False for everything else: a name, an address in
 * brackets or with a port, nothing at all.
 */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const version = isIP(address);
  return version !== 0 && ADDRESSES.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/**
 * True for a loopback address and for `localhost`, as a host to listen on. Names below `localhost` are not among them: RFC 6761
 * §6.3 asks resolvers to answer for these themselves, and not all do.
 */
export function isLoopbackHost(host: string): boolean {
  return isIP(host) === 0 ? /^localhost\.?$/i.test(host) : isLoopbackAddress(host);
}
