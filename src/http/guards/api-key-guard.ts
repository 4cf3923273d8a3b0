/** Admits no request without a key, where keys are configured: one guard for every route, default deny. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Fault } from '../../core/fault.js';
import type { ApiKey, RightsSetting } from '../../core/rights.js';

/** Paths that answer without a key to GET and HEAD: they reveal that a server is here and nothing else. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/', '/healthz', '/readyz']);

/** How much of a key's hash names it: enough to distinguish keys, too little to be one. */
const KEY_ID_DIGITS = 8;

/** What is known of a key without being one. */
export interface KnownKey {
  /** The first digits of its hash, in hexadecimal, for journals. */
  readonly id: string;
  readonly rights: RightsSetting;
  /** True if it opens what is meant for the people who run the bridge. */
  readonly isOperator: boolean;
}

/** The configured keys, of which only hashes are kept. */
export class ApiKeys {
  readonly #known: readonly { readonly hash: Buffer; readonly key: KnownKey }[];

  /** @param keys at least one */
  constructor(keys: readonly ApiKey[]) {
    const hasOperators = keys.some(({ operator }) => operator);
    this.#known = keys.map(({ key, workerTools, cwd, operator }) => {
      const hashed = hash(key);
      const id = hashed.toString('hex').slice(0, KEY_ID_DIGITS);
      return {
        hash: hashed,
        key: { id, rights: { workerTools, cwd }, isOperator: operator ?? !hasOperators },
      };
    });
  }

  /**
   * The key that the request carries; undefined for what is answered without one. Throws `unauthorized` if it needs one and carries none that
   * is configured.
   */
  check(method: string, path: string, headers: IncomingHttpHeaders): KnownKey | undefined {
    if (isOpen(method, path)) return undefined;
    const presented = presentedKeys(headers);
    if (presented.length === 0) throw new Fault('unauthorized', "you didn't provide an API key");
    for (const text of presented) {
      const found = this.#find(hash(text));
      if (found !== undefined) return found;
    }
    throw new Fault('unauthorized', 'incorrect API key provided');
  }

  /** Compares with every key in constant time. The first one counts where a key is there twice. */
  #find(presentedHash: Buffer): KnownKey | undefined {
    let found: KnownKey | undefined;
    for (const { hash: known, key } of this.#known) if (timingSafeEqual(known, presentedHash)) found ??= key;
    return found;
  }
}

/** True for what is answered without a key. */
export function isOpen(method: string, path: string): boolean {
  return method === 'OPTIONS' || ((method === 'GET' || method === 'HEAD') && OPEN_PATHS.has(path));
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/**
 * Every text that may be meant as the key: `Authorization: Bearer`, the password and the user of `Authorization: Basic`,
 * and the headers of Anthropic's and Azure's clients. Some clients send a placeholder in one and the key in another.
 */
export function presentedKeys(headers: IncomingHttpHeaders): readonly string[] {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+) *$/.exec(headers.authorization ?? '') ?? [];
  return [
    ...fromAuthorization(scheme.toLowerCase(), credentials),
    headers['x-api-key'],
    headers['api-key'],
  ].filter((key): key is string => typeof key === 'string' && key !== '');
}

function fromAuthorization(scheme: string, credentials: string): readonly string[] {
  switch (scheme) {
    case 'bearer':
      return [credentials];
    case 'basic': {
      const text = Buffer.from(credentials, 'base64').toString('utf8');
      const colon = text.indexOf(':');
      return colon === -1 ? [text] : [text.slice(colon + 1), text.slice(0, colon)];
    }
    default:
      return [];
  }
}
