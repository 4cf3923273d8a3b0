/** Where hum's files are, by the XDG rules. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { isJsonObject } from '../core/json-object.js';
import { ConfigError } from './config-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME`, or `~/.config`. */
export function configHome(env: Environment): string {
  return absolute(env['XDG_CONFIG_HOME']) ?? join(home(env), '.config');
}

/** `$XDG_STATE_HOME`, or `~/.local/state`. */
export function stateHome(env: Environment): string {
  return absolute(env['XDG_STATE_HOME']) ?? join(home(env), '.local', 'state');
}

/** The user's configuration of the hive `kind`, below a config home. */
export function configPath(configHome: string, kind: string): string {
  return join(configHome, 'hum', 'hives', `${kind}.json`);
}

/** hum's other place for the same, which its bees in Rust read. */
export function otherConfigPath(configHome: string, kind: string): string {
  return join(configHome, 'hum', 'bees', `${kind}.json`);
}

/** The key file of the hive `kind`. */
export function keyPath(env: Environment, kind: string): string {
  return join(stateHome(env), 'hum', 'bees', `${kind}.key`);
}

/** Where humd says which bees there are. */
export function rosterPath(env: Environment): string {
  return join(stateHome(env), 'hum', 'bees.json');
}

/** The folder of a hive's journal of turns. */
export function journalFolder(env: Environment, kind: string): string {
  return join(stateHome(env), 'hum', 'journal', kind);
}

/** The lines that were typed in chats. */
export function chatHistoryPath(env: Environment): string {
  return join(stateHome(env), 'hum', 'thrum-bridge-chat-history');
}

export interface SocketQuestion {
  /** The configured path (src/thrum/README.md, "Socket path", 1 and 2); it needs no file to be there. */
  readonly explicit?: string | undefined;
  readonly env: Environment;
  /** The user's id. */
  readonly uid: number;
  readonly exists?: (path: string) => boolean;
}

/** The rule of src/thrum/README.md, "Socket path" by which a socket's path was found. */
export type SocketRule =
  | 'configured'
  /** humd itself wrote it into this file. */
  | 'runtime.json'
  | 'XDG_RUNTIME_DIR'
  | 'XDG_STATE_HOME'
  | 'run'
  | 'tmp';

export interface LocatedSocket {
  readonly path: string;
  readonly rule: SocketRule;
}

/**
 * Where humd's socket is, or will be when humd starts (src/thrum/README.md, "Socket path"). The answer may change while the
 * program runs: ask at every dial.
 */
export function resolveSocketPath(question: SocketQuestion): string {
  return locateSocket(question).path;
}

/** As `resolveSocketPath`, with the rule that decided. */
export function locateSocket({ explicit, env, uid, exists = existsSync }: SocketQuestion): LocatedSocket {
  if (explicit !== undefined) return { path: explicit, rule: 'configured' };
  const humState = join(stateHome(env), 'hum');
  const published = publishedSocket(join(humState, 'runtime.json'));
  if (published !== undefined) return { path: published, rule: 'runtime.json' };
  const runtimeHome = absolute(env['XDG_RUNTIME_DIR']);
  if (runtimeHome !== undefined)
    return { path: join(runtimeHome, 'hum', 'thrum.sock'), rule: 'XDG_RUNTIME_DIR' };
  const inState = join(humState, 'thrum.sock');
  if (exists(inState)) return { path: inState, rule: 'XDG_STATE_HOME' };
  const inRun = `/run/user/${uid}/hum/thrum.sock`;
  return exists(dirname(inRun))
    ? { path: inRun, rule: 'run' }
    : { path: `/tmp/hum-${uid}/hum/thrum.sock`, rule: 'tmp' };
}

/** What a newer humd wrote down; undefined if it did not, or not in a way that helps. */
function publishedSocket(path: string): string | undefined {
  try {
    const runtime: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isJsonObject(runtime)) return undefined;
    const socket = runtime['socket'];
    return typeof socket === 'string' ? absolute(socket) : undefined;
  } catch {
    // Absent, half-written or not for us to read: the next place in the list is as good.
    return undefined;
  }
}

function home(env: Environment): string {
  const named = absolute(env['HOME']);
  if (named !== undefined) return named;
  try {
    return absolute(homedir()) ?? userInfo().homedir;
  } catch {
    // This user is in no list of users, as in a container that runs as any.
    throw new ConfigError('this user has no home folder: set HOME to a folder that it can write');
  }
}

/** The XDG rules say that a path which is not absolute is to be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
