/** What the replicas of one hive share, in Redis: all keys and channels begin with the hive's identity. */
import { randomUUID } from 'node:crypto';
import type { ReplicaStore, Reply, TableLimits } from './replica-store.js';
import type { RedisLink } from './redis-link.js';

/** Values that go out in one burst of commands. */
const MAX_BATCH = 500;

const ADD = `
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[1]) and redis.call('HEXISTS', KEYS[1], ARGV[3]) == 0 then return 0 end
for at = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

export class RedisStore implements ReplicaStore {
  readonly replicaId = randomUUID();
  readonly #link: RedisLink;
  readonly #prefix: string;

  /** @param hid the hive's identity, which its replicas have in common */
  constructor(link: RedisLink, hid: string) {
    this.#link = link;
    this.#prefix = `thrum-bridge:${hid}:`;
  }

  get isThere(): boolean {
    return this.#link.isUp;
  }

  async get(key: string): Promise<Reply<string | undefined>> {
    return present(await this.#link.ask((client) => client.get(this.#prefix + key)));
  }

  async take(key: string): Promise<Reply<string | undefined>> {
    return present(await this.#link.ask((client) => client.getDel(this.#prefix + key)));
  }

  async set(
    entries: readonly (readonly [key: string, value: string])[],
    ttlMs: number,
  ): Promise<Reply<undefined>> {
    const expiration = afterMs(ttlMs);
    for (let from = 0; from < entries.length; from += MAX_BATCH) {
      const batch = entries.slice(from, from + MAX_BATCH);
      const reply = await this.#link.ask((client) =>
        Promise.all(batch.map(([key, value]) => client.set(this.#prefix + key, value, { expiration }))),
      );
      if (reply === 'gone') return 'gone';
    }
    return { value: undefined };
  }

  async replace(key: string, value: string, ttlMs: number): Promise<Reply<string | undefined>> {
    const expiration = afterMs(ttlMs);
    return present(
      await this.#link.ask((client) => client.set(this.#prefix + key, value, { expiration, GET: true })),
    );
  }

  add(
    key: string,
    counts: ReadonlyMap<string, number>,
    { maxCounters, ttlMs }: TableLimits,
  ): Promise<Reply<boolean>> {
    const pairs = [...counts].flatMap(([name, count]) => [name, String(count)]);
    return this.#run(ADD, key, [String(maxCounters), String(afterMs(ttlMs).value), ...pairs]);
  }

  async counts(key: string): Promise<Reply<ReadonlyMap<string, number>>> {
    const reply = await this.#link.ask((client) => client.hGetAll(this.#prefix + key));
    if (reply === 'gone') return 'gone';
    const counts = Object.entries(reply.value).map(([name, count]) => [name, Number(count)] as const);
    return { value: new Map(counts.filter(([, count]) => Number.isFinite(count))) };
  }

  async publish(channel: string, message: string): Promise<Reply<undefined>> {
    const reply = await this.#link.ask((client) => client.publish(this.#prefix + channel, message));
    return reply === 'gone' ? 'gone' : { value: undefined };
  }

  subscribe(channel: string, listener: (message: string) => void): void {
    this.#link.subscribe(this.#prefix + channel, listener);
  }

  onBack(listener: () => void): void {
    this.#link.onReady(listener);
  }

  /** A script of the server's own language runs as one: nothing comes between its commands. */
  async #run(script: string, key: string, args: readonly string[]): Promise<Reply<boolean>> {
    const reply = await this.#link.ask((client) =>
      client.eval(script, { keys: [this.#prefix + key], arguments: [...args] }),
    );
    return reply === 'gone' ? 'gone' : { value: reply.value === 1 };
  }
}

/** Redis takes whole numbers from 1 on. */
function afterMs(ttlMs: number) {
  return { type: 'PX', value: Math.max(1, Math.ceil(ttlMs)) } as const;
}

/** Redis says `null` for what is not there. */
function present(reply: Reply<unknown>): Reply<string | undefined> {
  if (reply === 'gone') return 'gone';
  return { value: typeof reply.value === 'string' ? reply.value : undefined };
}
