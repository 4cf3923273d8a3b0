/** The one connection of this process to Redis: fails fast while it is gone, and comes back by itself. */
import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import type { Reply } from './replica-store.js';
import { describeAddress, type RedisAddress } from './redis-url.js';

export interface RedisLinkOptions {
  readonly address: RedisAddress;
  readonly log: Logger;
}

type Client = ReturnType<typeof createOne>;

type Phase =
  | { readonly at: 'idle' }
  | { readonly at: 'connecting'; readonly client: Client }
  | { readonly at: 'up'; readonly client: Client }
  | { readonly at: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly at: 'closed' };

const CONNECT_TIMEOUT_MS = 1_000;
/** How long a command may take. A Redis that hangs is left, and not asked again before it has taken a new connection. */
const COMMAND_TIMEOUT_MS = 500;
/** How often a silent connection is tried. Over one that is dead no message of another replica would ever come. */
const CHECK_MS = 5_000;
const BACKOFF_BASE_MS = 100;
const BACKOFF_CAP_MS = 5_000;
/** Commands that wait for their answers; further ones are refused at once. */
const MAX_COMMANDS = 10_000;
/** How long refusals (no memory left, read only) go without a further line in the log. */
const REFUSAL_LOG_MS = 60_000;

export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  readonly #onBack = new Set<() => void>();
  #phase: Phase = { at: 'idle' };
  #failures = 0;
  #refusalLoggedAt = Number.NEGATIVE_INFINITY;
  #check: NodeJS.Timeout | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#phase.at === 'up';
  }

  /** Resolves when Redis is there, or has failed to be: it is tried on in the background. */
  async start(): Promise<void> {
    if (this.#phase.at !== 'idle') return;
    this.#check = setInterval(() => void this.ask((client) => client.ping()), CHECK_MS).unref();
    await this.#connect();
  }

  /** Runs one command or several at once. `gone`: there is no Redis, it hangs, or it refuses. Never rejects. */
  async ask<T>(command: (client: Client) => Promise<T>): Promise<Reply<T>> {
    const phase = this.#phase;
    if (phase.at !== 'up') return 'gone';
    try {
      return { value: await this.#inTime(phase.client, command(phase.client)) };
    } catch (error) {
      if (this.#phase === phase && phase.client.isReady) this.#noteRefusal(error);
      return 'gone';
    }
  }

  /** Listens on a channel, over all connections to come. */
  subscribe(channel: string, listener: (message: string) => void): void {
    const known = this.#listeners.get(channel);
    if (known) {
      known.add(listener);
      return;
    }
    this.#listeners.set(channel, new Set([listener]));
    void this.ask((client) => client.subscribe(channel, this.#hear));
  }

  /** Calls `listener` each time that Redis has come (back). */
  onBack(listener: () => void): void {
    this.#onBack.add(listener);
  }

  /** Hangs up, after what was asked has been answered. May be called twice. */
  async close(): Promise<void> {
    const phase = this.#phase;
    this.#phase = { at: 'closed' };
    clearInterval(this.#check);
    if (phase.at === 'waiting') clearTimeout(phase.timer);
    if (phase.at === 'up') await inTime(phase.client.close(), COMMAND_TIMEOUT_MS).catch(() => undefined);
    if (phase.at === 'up' || phase.at === 'connecting') discard(phase.client);
  }

  async #connect(): Promise<void> {
    const client = createOne(this.#options.address);
    const phase: Phase = { at: 'connecting', client };
    this.#phase = phase;
    client.on('error', (error: unknown) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, new Error('the connection was closed')));
    try {
      await inTime(this.#greet(client), CONNECT_TIMEOUT_MS);
    } catch (error) {
      this.#lose(client, error);
      return;
    }
    if (this.#phase !== phase) return;
    if (this.#failures > 0) this.#options.log.info({ redis: this.#where }, 'Redis is back');
    this.#failures = 0;
    this.#phase = { at: 'up', client };
    for (const listener of this.#onBack) listener();
  }

  async #greet(client: Client): Promise<void> {
    await client.connect();
    const channels = [...this.#listeners.keys()];
    if (channels.length > 0) await client.subscribe(channels, this.#hear);
  }

  readonly #hear = (message: string, channel: string): void => {
    for (const listener of this.#listeners.get(channel) ?? []) listener(message);
  };

  async #inTime<T>(client: Client, running: Promise<T>): Promise<T> {
    return inTime(running, COMMAND_TIMEOUT_MS, (late) => this.#lose(client, late));
  }

  /** Only the first loss is worth a line; the failed attempts that follow are not. */
  #lose(client: Client, error: unknown): void {
    const phase = this.#phase;
    if ((phase.at !== 'up' && phase.at !== 'connecting') || phase.client !== client) return;
    if (this.#failures === 0) {
      this.#options.log.warn(
        { redis: this.#where, reason: reasonOf(error) },
        'Redis is gone: this replica works on alone and shares nothing until it is back',
      );
    }
    const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    const pause = ceiling / 2 + (Math.random() * ceiling) / 2;
    this.#phase = { at: 'waiting', timer: setTimeout(() => void this.#connect(), pause).unref() };
    discard(client);
  }

  #noteRefusal(error: unknown): void {
    const now = performance.now();
    if (now - this.#refusalLoggedAt < REFUSAL_LOG_MS) return;
    this.#refusalLoggedAt = now;
    this.#options.log.warn({ redis: this.#where, reason: reasonOf(error) }, 'Redis refuses what it is asked');
  }

  get #where(): string {
    return describeAddress(this.#options.address);
  }
}

/** No queue while there is no connection, and no second attempt: a client lives as long as its socket. */
function createOne(address: RedisAddress) {
  const { socket, username, password, database, credentialsProvider } = address;
  const once = { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false } as const;
  return createClient({
    socket: { ...socket, ...once },
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    maintNotifications: 'disabled',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(credentialsProvider === undefined ? {} : { credentialsProvider }),
  });
}

/** Ends a connection at once; what it was asked is rejected. */
function discard(client: Client): void {
  if (client.isOpen) client.destroy();
}

/** Rejects if `running` is not done after `ms` and all pending reads; then `onLate` is told, too. */
function inTime<T>(running: Promise<T>, ms: number, onLate?: (error: Error) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let isDone = false;
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (isDone) return;
        const late = new Error(`no answer within ${ms} ms`);
        onLate?.(late);
        reject(late);
      });
    }, ms);
    const done = () => {
      isDone = true;
      clearTimeout(timer);
    };
    running.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
  });
}

/** An error of the server or the system: neither holds the address's password. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
