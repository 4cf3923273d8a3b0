/** The requests that the replicas of a hive count together, by caller; while Redis is down each counts alone. */
import type { RedisLink } from './redis-link.js';
import type { Reply } from './replica-store.js';

/** What was counted in the window that goes on now. */
export interface CountedRequests {
  /** With the one that was just counted. */
  readonly count: number;
  /** How much of the window is left, in ms by Redis' clock. */
  readonly leftMs: number;
}

/** The first request opens a window, which ends by itself. KEYS: the counter; ARGV: the length of a window in ms. */
const COUNT = `redis.call('set', KEYS[1], 0, 'PX', ARGV[1], 'NX')
local count = redis.call('incr', KEYS[1])
local left = redis.call('pttl', KEYS[1])
local window = tonumber(ARGV[1])
if left < 0 or left > window then
  redis.call('pexpire', KEYS[1], ARGV[1])
  left = window
end
return {count, left}`;

export class LimiterStore {
  readonly #link: RedisLink;
  /** Begins the keys of a hive. */
  readonly #prefix: string;

  constructor(link: RedisLink, hid: string) {
    this.#link = link;
    this.#prefix = `thrum-bridge:${hid}:rate`;
  }

  /** Counts a request. `gone` also where Redis answers what it was not asked for: then it has to be counted here. */
  async count(caller: string, windowMs: number): Promise<Reply<CountedRequests>> {
    const reply = await this.#link.ask((client) =>
      client.eval(COUNT, { keys: [`${this.#prefix}:${caller}`], arguments: [String(windowMs)] }),
    );
    if (reply === 'gone' || !Array.isArray(reply.value)) return 'gone';
    const [count, leftMs]: readonly unknown[] = reply.value;
    if (!isCount(count) || !isCount(leftMs)) return 'gone';
    return { value: { count, leftMs: Math.min(leftMs, windowMs) } };
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
