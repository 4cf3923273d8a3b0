/** Lets nobody in without a key, where keys are configured: one guard for every route, default deny. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Fault } from '../conversation/fault.js';

/** Paths that answer without a key to GET and HEAD: they say that somebody is here and nothing else. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/', '/healthz', '/readyz']);

/** The configured keys, of which only hashes are kept. */
export class ApiKeys {
  readonly #hashes: readonly Buffer[];

  /** @param keys one or several, separated by commas; undefined or empty lets everybody in */
  constructor(keys: string | undefined) {
    const list = (keys ?? '').split(',').map((key) => key.trim());
    this.#hashes = list.filter((key) => key !== '').map(hash);
  }

  /** Throws `unauthorized` unless the request needs no key or carries a configured one. */
  check(method: string, path: string, headers: IncomingHttpHeaders): void {
    if (this.#hashes.length === 0 || isOpen(method, path)) return;
    const presented = presentedKey(headers);
    if (presented === undefined) throw new Fault('unauthorized', "you didn't provide an API key");
    if (!this.#knows(presented)) throw new Fault('unauthorized', 'incorrect API key provided');
  }

  /** Compares with every key in constant time. */
  #knows(key: string): boolean {
    const presented = hash(key);
    let found = false;
    for (const known of this.#hashes) if (timingSafeEqual(known, presented)) found = true;
    return found;
  }
}

function isOpen(method: string, path: string): boolean {
  return method === 'OPTIONS' || ((method === 'GET' || method === 'HEAD') && OPEN_PATHS.has(path));
}

/** `Authorization: Bearer`, or the headers that Anthropic's and Azure's clients use. */
function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const other = headers['x-api-key'] ?? headers['api-key'];
  return typeof other === 'string' && other !== '' ? other : undefined;
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
