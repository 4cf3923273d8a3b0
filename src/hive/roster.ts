/** Reads and follows `bees.json`, which humd replaces whenever a bee comes or goes. */
import {
  type BigIntStats,
  closeSync,
  type FSWatcher,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
  watch,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { isJsonObject, parseJson } from '../core/json-object.js';
import { withoutLoneSurrogates } from '../core/well-formed-json.js';
import { parseRoster, type Roster } from './parse-roster.js';

/** Gets the new roster; undefined if it cannot be read: then humd decides. */
export type RosterListener = (roster: Roster | undefined) => void;

export interface RosterWatchOptions {
  readonly path: string;
  /** How often the file is looked at where watching does not work or misses something; read at each use. */
  readonly pollMs?: number;
  readonly onChange?: RosterListener;
}

const POLL_MS = 2_000;

/**
 * Reads when it is made and at every change. It watches the folder, because a watch on the file would stay with the old
 * one when it is replaced. The file is small and local: it is read in one go, so that no two readings can overlap.
 */
export class RosterWatch {
  readonly #path: string;
  readonly #listeners = new Set<RosterListener>();
  readonly #options: RosterWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #folder: { readonly watcher: FSWatcher; readonly stamp: string } | undefined;
  /** The state of the file that `#text` was read from; undefined if there is none or it has to be read again. */
  #stamp: string | undefined;
  #text: string | undefined;
  #current: Roster | undefined;
  #isClosed = false;

  constructor(options: RosterWatchOptions) {
    const { path, onChange } = options;
    this.#options = options;
    this.#path = path;
    this.#watchFolder();
    this.#read();
    if (onChange !== undefined) this.#listeners.add(onChange);
    this.#schedulePoll();
  }

  /** The last roster that could be read; undefined if the file is absent or unreadable. */
  get current(): Roster | undefined {
    return this.#current;
  }

  /** Reads the file now, whatever the watch has seen. After `close` it says the last roster. */
  async refresh(): Promise<Roster | undefined> {
    if (!this.#isClosed) this.#read();
    return this.#current;
  }

  /** Calls `listener` after every change of the file's content; returns the way to stop that. */
  onChange(listener: RosterListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Stops watching. May be called twice. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    this.#leaveFolder();
  }

  #schedulePoll(): void {
    this.#timer = setTimeout(() => {
      this.#poll();
      if (!this.#isClosed) this.#schedulePoll();
    }, this.#options.pollMs ?? POLL_MS).unref();
  }

  #poll(): void {
    this.#watchFolder();
    if (this.#stamp === undefined || stampOf(this.#path) !== this.#stamp) this.#read();
  }

  /** Half-written or broken content leaves the last good roster in place and is looked at again with the next poll. */
  #read(): void {
    const file = readStamped(this.#path);
    if (file === undefined) {
      this.#stamp = undefined;
      this.#take(undefined, undefined);
      return;
    }
    const json = parseJson(withoutLoneSurrogates(file.text));
    this.#stamp = isJsonObject(json) ? file.stamp : undefined;
    if (isJsonObject(json) && file.text !== this.#text) this.#take(file.text, parseRoster(json));
  }

  #take(text: string | undefined, roster: Roster | undefined): void {
    const isNews = text !== this.#text;
    this.#text = text;
    this.#current = roster;
    if (isNews) for (const listener of [...this.#listeners]) listener(roster);
  }

  /** Watches the folder that is there now; humd may make it later, or it may be replaced. */
  #watchFolder(): void {
    const folder = dirname(this.#path);
    const stamp = identityOf(folder);
    if (this.#folder !== undefined && this.#folder.stamp === stamp) return;
    this.#leaveFolder();
    if (stamp === undefined) return;
    const watcher = watchOrNothing(folder);
    if (watcher === undefined) return;
    this.#folder = { watcher, stamp };
    const file = basename(this.#path);
    watcher.on('change', (_event, name) => {
      if (name === null || name.toString() === file) this.#read();
    });
    watcher.on('error', () => {
      if (this.#folder?.watcher === watcher) this.#leaveFolder();
    });
  }

  #leaveFolder(): void {
    this.#folder?.watcher.close();
    this.#folder = undefined;
  }
}

/** What the file says now; undefined if it is absent or unreadable. */
export function readRoster(path: string): Roster | undefined {
  const file = readStamped(path);
  const json = file && parseJson(withoutLoneSurrogates(file.text));
  return isJsonObject(json) ? parseRoster(json) : undefined;
}

/** Where a bee listens for HTTP. */
export interface Bind {
  /** The bee's hive. */
  readonly kind: string;
  readonly host: string;
  readonly port: number;
}

const boundBee = z.object({
  name: z.string(),
  bind: z.object({ host: z.string(), port: z.int().min(1).max(65_535) }),
});

/** Those that the file names now; empty if it is absent or unreadable. */
export function readBinds(path: string): readonly Bind[] {
  const file = readStamped(path);
  const bees = file && parseJson(withoutLoneSurrogates(file.text));
  return (isJsonObject(bees) ? Object.values(bees) : []).flatMap((bee) => {
    const { success, data } = boundBee.safeParse(bee);
    return success ? [{ kind: data.name, ...data.bind }] : [];
  });
}

interface StampedText {
  readonly text: string;
  readonly stamp: string;
}

function readStamped(path: string): StampedText | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const stamp = toStamp(fstatSync(file, { bigint: true }));
      return { text: readFileSync(file, 'utf8'), stamp };
    } finally {
      closeSync(file);
    }
  } catch {
    // Absent or unreadable: that is an answer, and the poll asks again.
    return undefined;
  }
}

function stampOf(path: string): string | undefined {
  const stats = statOrNothing(path);
  return stats === undefined ? undefined : toStamp(stats);
}

function toStamp({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].join(':');
}

/** Tells a folder from one that was made later under the same name. */
function identityOf(folder: string): string | undefined {
  const stats = statOrNothing(folder);
  return stats === undefined ? undefined : [stats.dev, stats.ino, stats.birthtimeNs].join(':');
}

function statOrNothing(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    // Not there yet, or not for us to see: the poll asks again.
    return undefined;
  }
}

function watchOrNothing(folder: string): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false });
  } catch {
    // The folder went away meanwhile, or the system has no watches left: the poll has to do.
    return undefined;
  }
}
