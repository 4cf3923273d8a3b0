/**
 * The development daemon: a stand-in for humd that routes thrum over a real Unix socket, within this process. It behaves
 * as humd does, the unpleasant parts included (src/thrum/README.md, "What humd does").
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import type { Tone } from '../thrum/link/tone-codec.js';
import { Connection, type DaemonClient, type Direction, type ToneFilter } from './connection.js';
import { Roster } from './roster.js';
import { Router } from './router.js';

export interface DaemonOptions {
  readonly socketPath: string;
  readonly beesPath: string;
  readonly protoVersion?: string;
  /** The daemon's own hive, which goes into every sigil. humd's is `claude-repl` (seen). */
  readonly hiveTag?: string;
  /** How many tones may wait for a reader before the newest is dropped in silence; 0 for no limit. */
  readonly queueLimit?: number;
  /**
   * Drops nothing, and reads nothing more from workers while one of their readers has more waiting than it should. humd itself does not.
   */
  readonly holdsWorkersBack?: boolean;
  /** Delivers a `tool-result` for a tool that only the prompt declared, which humd echoes and drops. */
  readonly routeUndeclaredToolResults?: boolean;
  /** False leaves a forager's hello without echo and breath. */
  readonly answersHello?: boolean;
  /** Drops in silence what comes before the hello. humd itself serves it; a client must not rely on that. */
  readonly requiresHello?: boolean;
  /** Closes the link at a hello of another major protocol version, as newer humd does. */
  readonly refusesOtherMajor?: boolean;
  /** Worker tones to pass on that humd keeps for itself, `permission-ask` for example. */
  readonly alsoRoute?: readonly string[];
  /** Sees what comes from each bee, before it is cut into lines. */
  readonly onBytes?: (chunk: Buffer, client: DaemonClient) => void;
  /** Sees each tone before `filter`. */
  readonly onTone?: (direction: Direction, tone: Tone, client: DaemonClient) => void;
  /** Fault injection: the tone to use instead, or undefined to drop it. */
  readonly filter?: ToneFilter;
}

export interface Daemon {
  readonly socketPath: string;
  readonly beesPath: string;
  /** How many bees are connected. */
  readonly connections: number;
  /** Sids that were prompted and that a live worker has not finished. */
  openSids(): string[];
  /** Breaks the link of every bee that is not a worker, as a crash would. */
  disconnectAll(): void;
  /** Sends text as it is to every bee that is not a worker, newline or not. */
  sendRaw(text: string): void;
  /** Breaks all links and removes the socket file. May be called twice. */
  close(): Promise<void>;
}

const DEFAULT_PROTO_VERSION = '0.7.0';
const DEFAULT_HIVE_TAG = 'claude-repl';
const DEFAULT_QUEUE_LIMIT_TONES = 1024;

/**
 * Listens once it resolves. A socket file of a daemon that is gone is replaced.
 * Throws when another daemon answers there, or when one of the two files cannot be made.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { socketPath, beesPath } = options;
  mkdirSync(dirname(socketPath), { recursive: true });
  await freeSocketPath(socketPath);
  const roster = new Roster(beesPath);
  const router = new Router(
    {
      protoVersion: options.protoVersion ?? DEFAULT_PROTO_VERSION,
      hiveTag: options.hiveTag ?? DEFAULT_HIVE_TAG,
      requiresHello: options.requiresHello ?? true,
      answersHello: options.answersHello ?? true,
      refusesOtherMajor: options.refusesOtherMajor ?? true,
      routeUndeclaredToolResults: options.routeUndeclaredToolResults ?? false,
      alsoRoute: options.alsoRoute ?? [],
    },
    roster,
  );
  const connections = new Set<Connection>();
  const foragers = () => [...connections].filter((connection) => !connection.isWorker);
  const filter = toFilter(options);

  const { holdsWorkersBack = false } = options;
  const queueLimit = options.queueLimit ?? (holdsWorkersBack ? 0 : DEFAULT_QUEUE_LIMIT_TONES);
  const full = new Set<Connection>();
  const holdWorkersBack = (reader: Connection) => {
    const room = full.has(reader) || reader.isWorker ? undefined : reader.whenRoom();
    if (room === undefined) return;
    full.add(reader);
    for (const connection of connections) if (connection.isWorker) connection.pause();
    void room.then(() => {
      full.delete(reader);
      if (full.size === 0) for (const connection of connections) connection.resume();
    });
  };

  const server = createServer((socket) => {
    const connection: Connection = new Connection(socket, queueLimit, {
      onFull: holdsWorkersBack ? () => holdWorkersBack(connection) : undefined,
      onTone: (tone) => router.onTone(connection, tone),
      closed: () => {
        connections.delete(connection);
        router.forget(connection);
      },
      filter,
      onBytes: options.onBytes,
    });
    connections.add(connection);
    router.welcome(connection);
  });
  await listen(server, socketPath);

  let closing: Promise<void> | undefined;
  return {
    socketPath,
    beesPath,
    get connections() {
      return connections.size;
    },
    openSids: () => router.openSids(),
    disconnectAll() {
      for (const forager of foragers()) forager.destroy();
    },
    sendRaw(text) {
      for (const forager of foragers()) forager.sendRaw(text);
    },
    close() {
      closing ??= new Promise((resolve) => {
        roster.freeze();
        for (const connection of connections) connection.destroy();
        server.close(() => {
          rmSync(socketPath, { force: true });
          resolve();
        });
      });
      return closing;
    },
  };
}

/** The observer and the filter as one function; none where there is neither, for that costs every tone a call. */
function toFilter({ onTone, filter }: DaemonOptions): ToneFilter | undefined {
  if (onTone === undefined) return filter;
  return (tone, direction, client) => {
    onTone(direction, tone, client);
    return filter === undefined ? tone : filter(tone, direction, client);
  };
}

/** Only its owner may dial: nothing else guards a thrum socket. */
function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.off('error', reject);
      chmodSync(socketPath, 0o600);
      resolve();
    });
  });
}

/** Removes the socket file of a daemon that died. Throws when another daemon answers there, or when it is not a socket. */
async function freeSocketPath(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error(`${path} is there already, and it is not a socket`);
  if (await isAnswered(path)) throw new Error(`another daemon answers at ${path}`);
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
