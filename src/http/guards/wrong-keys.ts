/** Slows down clients that try out keys, by their address, and counts what is refused. */
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { Fault } from '../../core/fault.js';
import { networkOf } from '../caller.js';
import type { Clock } from '../clock.js';
import { type ApiKeys, type KnownKey, presentedKeys } from './api-key-guard.js';

/** Why a request was refused for its key; `unchecked`: nothing was told of its key, after many wrong ones from its address. */
export type KeyRefusal = 'missing' | 'wrong' | 'unchecked';

/** So many wrong keys of an address are answered at once: a client that is set up wrongly is to see why. */
const FREE_TRIES = 10;
/** One of them is forgotten after this time. */
const FORGET_MS = 6_000;
/** What the answer to the next one waits for. It doubles with each wrong key. */
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 2_000;
/** So many answers of an address wait at a time. Beyond that nothing is told of a key. */
const MAX_WAITING = 32;

/** Of which wrong keys are counted. */
const MAX_ADDRESSES = 10_000;
/** At which one key is known. */
const MAX_KNOWN_ADDRESSES = 256;

interface Tries {
  /** Wrong keys that were not forgotten yet at the time of `at`. */
  wrong: number;
  /** Of the monotonic clock. */
  at: number;
  /** Answers that wait. */
  waiting: number;
}

export class WrongKeys {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #onRefusal: (reason: KeyRefusal) => void;
  readonly #tries = new LRUCache<string, Tries>({ max: MAX_ADDRESSES });
  /** Where each key was used: who tries out keys from the same address does not lock its owner out. */
  readonly #addresses = new WeakMap<KnownKey, Set<string>>();

  constructor(clock: Pick<Clock, 'monotonic'>, onRefusal: (reason: KeyRefusal) => void) {
    this.#clock = clock;
    this.#onRefusal = onRefusal;
  }

  /**
   * As `ApiKeys.check`, but that it may reject later. Throws `rate-limited` where too many answers wait for the same address already,
   * unless the key was used from there before. A client that leaves meanwhile does not give up its place: it would learn sooner
   * that its key is wrong.
   * @param address of the client, as its socket has it
   */
  check(
    keys: ApiKeys,
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    address = '',
  ): KnownKey | undefined | Promise<never> {
    let key: KnownKey | undefined;
    let refusal: Fault | undefined;
    try {
      key = keys.check(method, path, headers);
      if (key === undefined || this.#addresses.get(key)?.has(address)) return key;
    } catch (error) {
      refusal = Fault.from(error);
      if (presentedKeys(headers).length === 0) {
        this.#onRefusal('missing');
        throw refusal;
      }
    }
    const network = networkOf(address);
    const tries = this.#tries.get(network) ?? { wrong: 0, at: this.#clock.monotonic(), waiting: 0 };
    if (tries.waiting >= MAX_WAITING) {
      this.#onRefusal('unchecked');
      const retryAfterSeconds = Math.ceil(MAX_DELAY_MS / 1_000);
      throw new Fault('rate-limited', 'too many incorrect API keys have come from your address', {
        retryAfterSeconds,
      });
    }
    if (refusal === undefined) {
      if (key !== undefined) this.#remember(key, address);
      return key;
    }
    this.#onRefusal('wrong');
    this.#tries.set(network, tries);
    return this.#refuse(tries, refusal);
  }

  #remember(key: KnownKey, address: string): void {
    const known = this.#addresses.get(key);
    if (known === undefined || known.size >= MAX_KNOWN_ADDRESSES)
      this.#addresses.set(key, new Set([address]));
    else known.add(address);
  }

  /** Throws `refusal`, or rejects with it after a while. */
  #refuse(tries: Tries, refusal: Fault): Promise<never> {
    const now = this.#clock.monotonic();
    tries.wrong = Math.max(0, tries.wrong - (now - tries.at) / FORGET_MS) + 1;
    tries.at = now;
    const excess = Math.ceil(tries.wrong) - FREE_TRIES;
    if (excess <= 0) throw refusal;
    tries.waiting++;
    return new Promise((_, reject) => {
      const tell = () => {
        tries.waiting--;
        reject(refusal);
      };
      setTimeout(tell, Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (excess - 1))).unref();
    });
  }
}
