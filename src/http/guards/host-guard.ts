/**
 * Answers only requests that call this server by one of its own names, so that a web page whose name was pointed at this
 * machine (DNS rebinding) gets nothing. Always on.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { Fault } from '../../core/fault.js';
import { isLoopbackAddress, isLoopbackHost } from './loopback.js';

export interface HostRules {
  /** The name or address that the server listens on. */
  readonly bound: string;
  /** What this machine calls itself. */
  readonly machine: string;
  /** The addresses that this machine has now. They count unless the server listens on a public address alone. */
  addresses(): readonly string[];
  /** Further names and addresses; `*.example.com` stands for all names below example.com. Each is an `isHostPattern`. */
  readonly configured: readonly string[];
  /** What to set to allow another host, for the error's text. */
  readonly setting: string;
}

/** Docker's name for the machine that a container runs on. */
const CONTAINER_HOST = 'host.docker.internal';
const UNSPECIFIED = new BlockList();
UNSPECIFIED.addAddress('0.0.0.0', 'ipv4');
UNSPECIFIED.addAddress('::', 'ipv6');
const SUBDOMAINS = '*.';

/** The networks of homes and offices (RFC 1918, RFC 4193 §8). */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/** A host, in brackets if it is an IPv6 address, and perhaps a port. No user, no blanks, no empty name. */
const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::\d{1,5})?$/i;

/** The longest name that DNS knows. */
const MAX_NAME_CHARACTERS = 253;

/** True for what may stand in `HostRules.configured`. */
export function isHostPattern(text: string): boolean {
  return hostOf(text.startsWith(SUBDOMAINS) ? text.slice(SUBDOMAINS.length) : text) !== undefined;
}

export class HostGuard {
  readonly #rules: HostRules;
  readonly #names = new Set<string>();
  /** Each begins with a dot. */
  readonly #suffixes: string[] = ['.localhost'];
  readonly #addresses = new BlockList();
  /** True unless the server listens on a name or a public address alone. */
  readonly #takesNearAddresses: boolean;
  #lastAllowed: string | undefined;

  constructor(rules: HostRules) {
    this.#rules = rules;
    const machine = hostOf(rules.machine) ?? 'localhost';
    const label = machine.replace(/\..*/, '');
    for (const name of ['localhost', CONTAINER_HOST, machine, label, `${label}.local`, rules.bound])
      this.#allow(name);
    for (const pattern of rules.configured) this.#allow(pattern);
    const { bound } = rules;
    this.#takesNearAddresses =
      isLoopbackHost(bound) || (isIP(bound) !== 0 && (isUnspecified(bound) || isIn(PRIVATE, bound)));
  }

  /**
   * Throws `bad-request` unless the request has exactly one well-formed Host, and `forbidden` if it, or the host of an
   * absolute request target (`GET http://host/ HTTP/1.1`), is not one of ours.
   */
  check({ url = '', rawHeaders }: Pick<IncomingMessage, 'url' | 'rawHeaders'>): void {
    this.#checkHost(onlyHostOf(rawHeaders));
    if (url.startsWith('/')) return;
    const target = /^https?:\/\/([^/?#]*)/.exec(url)?.[1];
    if (target === undefined) throw new Fault('bad-request', 'malformed request target');
    this.#checkHost(target);
  }

  /**
   * Addresses are taken more freely than names: a web page cannot have one pointed at this machine, and a client's address
   * may be that of a container's port, of a proxy, or the `0.0.0.0` of Ollama's own setting (src/http/ollama/README.md, "Hosts").
   * @param host as `hostOf` gives it
   */
  allows(host: string): boolean {
    if (isIP(host) !== 0) {
      if (isIn(this.#addresses, host) || isLoopbackAddress(host)) return true;
      if (!this.#takesNearAddresses) return false;
      return isUnspecified(host) || isIn(PRIVATE, host) || isIn(toAddressList(this.#rules.addresses()), host);
    }
    return this.#names.has(host) || this.#suffixes.some((suffix) => host.endsWith(suffix));
  }

  #checkHost(authority: string): void {
    // Nearly every request names the same one, in the same words.
    if (authority === this.#lastAllowed) return;
    const host = hostOf(authority);
    if (host === undefined) throw new Fault('bad-request', 'malformed Host header');
    if (this.allows(host)) {
      // The addresses of this machine come and go.
      if (isIP(host) === 0 || isIn(this.#addresses, host) || isLoopbackAddress(host))
        this.#lastAllowed = authority;
      return;
    }
    throw new Fault(
      'forbidden',
      `this server does not answer to the host ${host}; to allow it, add it to ${this.#rules.setting}`,
    );
  }

  #allow(pattern: string): void {
    const isSuffix = pattern.startsWith(SUBDOMAINS);
    const host = hostOf(isSuffix ? pattern.slice(SUBDOMAINS.length) : pattern);
    if (host === undefined) return;
    if (isSuffix) this.#suffixes.push(`.${host}`);
    else if (isIP(host) === 0) this.#names.add(host);
    else addAddress(this.#addresses, host);
  }
}

/** @param rawHeaders names and values in turns, as they came: Node's `headers` hide a second Host */
function onlyHostOf(rawHeaders: readonly string[]): string {
  let host: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (!isHostField(rawHeaders[at])) continue;
    if (host !== undefined) throw new Fault('bad-request', 'more than one Host header');
    host = rawHeaders[at + 1];
  }
  if (host === undefined) throw new Fault('bad-request', 'missing required Host header');
  return host;
}

function isHostField(name: string | undefined): boolean {
  return name?.length === 4 && name.toLowerCase() === 'host';
}

function isUnspecified(address: string): boolean {
  return isIn(UNSPECIFIED, address);
}

/** Node's list compares addresses and not their spellings; here to be in it is good. */
function toAddressList(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const address of addresses) addAddress(list, address);
  return list;
}

/** What is no address (a name, or one with a zone) adds nothing. */
function addAddress(list: BlockList, address: string): void {
  const version = isIP(address);
  if (version !== 0 && !address.includes('%')) list.addAddress(address, version === 6 ? 'ipv6' : 'ipv4');
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * The host of a Host header, of a URL's authority or of a setting: lower case, without port, brackets and trailing dot.
 * Undefined if it is malformed.
 */
export function hostOf(authority: string): string | undefined {
  if (isIP(authority) !== 0) return authority.includes('%') ? undefined : authority.toLowerCase();
  const [, bracketed, name] = AUTHORITY.exec(authority) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? bracketed.toLowerCase() : undefined;
  return name !== undefined && name.length <= MAX_NAME_CHARACTERS ? name.toLowerCase() : undefined;
}
