/** The one connection of this process to Redis or Valkey: fails fast while it is down, and comes back by itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, RedisClient } from '@redis/client';
import type { Logger } from 'pino';
import type { Reply } from './replica-store.js';

export type RedisAddress = ReturnType<typeof RedisClient.parseURL>;

/** What is allowed, in words that are fit for an error. */
export const REDIS_URL_FORMS =
  'redis://[user:password@]host[:port][/database], the same with rediss://, or unix:///path/of/a/socket';

/** Undefined for what is no such address. The library's own errors repeat the text, password included: they stay here. */
export function parseRedisUrl(url: string): RedisAddress | undefined {
  try {
    return RedisClient.parseURL(url);
  } catch {
    return undefined;
  }
}

export interface RedisLinkOptions {
  readonly address: RedisAddress;
  readonly log: Logger;
}

type Client = ReturnType<typeof createRedisClient>;

const CONNECT_TIMEOUT_MS = 1_000;
/** How long a command may take. */
const COMMAND_TIMEOUT_MS = 500;
/** How often a ping is sent. Over a connection that is dead no message of another replica would ever come. */
const PING_INTERVAL_MS = 2_500;
/** A connection on which nothing was sent or received for this time is given up: a ping was not answered, or a greeting. */
const SOCKET_TIMEOUT_MS = 4_000;
const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 5_000;
/** Commands that wait for their answers; further ones are refused at once. */
const MAX_COMMANDS = 10_000;
/** How long refusals (no memory left, read only) go without a further line in the log. */
const REFUSAL_LOG_MS = 60_000;

/**
 * The library connects again after a loss, subscribes again to the channels that it has been subscribed to, and refuses
 * commands while there is no connection. What it does not do is done here: its `commandOptions.timeout` ends when a command
 * has been sent, so that one to a server that hangs would wait for ever; and a subscription that fails is forgotten.
 */
export class RedisLink {
  readonly #client: Client;
  readonly #log: Logger;
  /** Host and port, or the path of the socket: what a log may say. */
  readonly #where: string;
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  readonly #onReady = new Set<() => void>();
  #isClosed = false;
  /** True from the line in the log that says so to the one that says that Redis is back. */
  #isLost = false;
  #refusalLoggedAt = Number.NEGATIVE_INFINITY;

  constructor({ address, log }: RedisLinkOptions) {
    this.#log = log;
    this.#where = describeAddress(address);
    this.#client = createRedisClient(address);
    this.#client.on('ready', () => this.#onClientReady());
    this.#client.on('error', (error: unknown) => this.#onError(error));
  }

  get isUp(): boolean {
    return !this.#isClosed && this.#client.isReady;
  }

  /** Resolves when Redis answers or has failed to, after 1 s at the latest; it is tried on in the background. */
  async start(): Promise<void> {
    const isSettled = new Promise<void>((resolve) => {
      this.#client.once('ready', resolve);
      this.#client.once('error', () => resolve());
    });
    this.#connect();
    await Promise.race([isSettled, delay(CONNECT_TIMEOUT_MS, undefined, { ref: false })]);
    if (!this.#client.isReady) this.#noteLoss(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`));
  }

  /**
   * Runs one command or several at once. `gone`: there is no Redis, it hangs, or it refuses. Never rejects. After a command
   * that was not answered within 500 ms all others are `gone` at once, until Redis has answered on a new connection.
   */
  async ask<T>(command: (client: Client) => Promise<T>): Promise<Reply<T>> {
    if (!this.isUp) return 'gone';
    try {
      return { value: await withTimeout(command(this.#client), COMMAND_TIMEOUT_MS) };
    } catch (error) {
      if (error instanceof NoAnswer) this.#reconnect(error);
      else if (this.isUp) this.#noteRefusal(error);
      return 'gone';
    }
  }

  /** Listens on a channel, over this connection and all later ones. */
  subscribe(channel: string, listener: (message: string) => void): void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    void this.#subscribeTo([channel]);
  }

  /** Calls `listener` each time that Redis can be asked (again). */
  onReady(listener: () => void): void {
    this.#onReady.add(listener);
  }

  /** Disconnects, after pending commands have been answered. May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#client.isReady)
      await withTimeout(this.#client.close(), COMMAND_TIMEOUT_MS).catch(() => undefined);
    this.#client.destroy();
  }

  /** It is tried until `close`; each failed attempt is an `error` event. */
  #connect(): void {
    this.#client.connect().catch(() => undefined);
  }

  /** Leaves a connection on which nothing is answered. Its pending commands are rejected at once. */
  #reconnect(reason: Error): void {
    if (!this.isUp) return;
    this.#client.destroy();
    this.#noteLoss(reason);
    this.#connect();
  }

  #onClientReady(): void {
    if (this.#isLost) this.#log.info({ redis: this.#where }, 'Redis is back');
    this.#isLost = false;
    // The library subscribes again to those that it has; those whose subscription failed, or came too early, it has not.
    void this.#subscribeTo([...this.#listeners.keys()]);
    for (const listener of this.#onReady) this.#call(listener);
  }

  async #subscribeTo(channels: readonly string[]): Promise<void> {
    if (channels.length > 0) await this.ask((client) => client.subscribe([...channels], this.#onMessage));
  }

  readonly #onMessage = (message: string, channel: string): void => {
    for (const listener of this.#listeners.get(channel) ?? []) this.#call(() => listener(message));
  };

  /** What a listener throws would be taken for an error of the connection. */
  #call(listener: () => void): void {
    try {
      listener();
    } catch (err) {
      this.#log.error({ err }, 'a listener to Redis failed, by our own mistake');
    }
  }

  /** The library reports failed attempts to connect, lost connections and refused pings. */
  #onError(error: unknown): void {
    if (this.#isClosed) return;
    if (this.isUp) this.#noteRefusal(error);
    else this.#noteLoss(error);
  }

  /** One line for each outage: the failed attempts that follow are not logged. */
  #noteLoss(error: unknown): void {
    if (this.#isLost || this.#isClosed) return;
    this.#isLost = true;
    this.#log.warn(
      { redis: this.#where, reason: reasonOf(error) },
      'Redis is gone: this replica works on alone and shares nothing until it is back',
    );
  }

  #noteRefusal(error: unknown): void {
    const now = performance.now();
    if (now - this.#refusalLoggedAt < REFUSAL_LOG_MS) return;
    this.#refusalLoggedAt = now;
    this.#log.warn({ redis: this.#where, reason: reasonOf(error) }, 'Redis refuses what it is asked');
  }
}

function createRedisClient({ socket, username, password, database, credentialsProvider }: RedisAddress) {
  return createClient({
    socket: {
      ...socket,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      reconnectStrategy: retryPauseMs,
    },
    pingInterval: PING_INTERVAL_MS,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    maintNotifications: 'disabled',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(credentialsProvider === undefined ? {} : { credentialsProvider }),
  });
}

/** Longer and longer, and not for all replicas at the same moment. @param retries attempts that have failed in a row */
function retryPauseMs(retries: number): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** Math.min(retries, 10));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

function describeAddress({ socket }: RedisAddress): string {
  if ('path' in socket) return String(socket.path);
  const { host = 'localhost', port = 6379 } = { ...socket };
  return `${host}:${port}`;
}

class NoAnswer extends Error {}

/** Rejects with `NoAnswer` if `running` is not done after `ms` and all reads that were pending then. */
function withTimeout<T>(running: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      setImmediate(() => reject(new NoAnswer(`no answer within ${ms} ms`)));
    }, ms);
    void running.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** An error of the server or the system: neither holds the address's password. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
