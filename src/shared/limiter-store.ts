/** What rate-limiter-flexible counts in: a client of its kind, on our connection and with our deadlines. */
import type { RedisLink } from './redis-link.js';

/** Rejects where Redis is gone: then the limiter counts in its insurance. */
export class LimiterStore {
  readonly #link: RedisLink;
  /** Begins the keys of a hive. */
  readonly keyPrefix: string;

  constructor(link: RedisLink, hid: string) {
    this.#link = link;
    this.keyPrefix = `thrum-bridge:${hid}:rate`;
  }

  /** The limiter asks for this before each command. */
  get isReady(): boolean {
    return this.#link.isUp;
  }

  async eval(
    script: string,
    options: { readonly keys: string[]; readonly arguments: string[] },
  ): Promise<unknown> {
    const reply = await this.#link.ask((client) => client.eval(script, options));
    if (reply === 'gone') throw new Error('Redis is gone');
    return reply.value;
  }
}
