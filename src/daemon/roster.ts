/** The bees that said hello, in memory and in bees.json. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Connection } from './connection.js';
import type { Manifest } from './manifest.js';

/**
 * In the order of their hellos: where several bees could serve, the first one does.
 *
 * The file is written in one go, synchronously, so that two changes can never overtake each other, and before the answer
 * to the hello leaves: a bee that has its second breath stands in bees.json.
 */
export class Roster {
  readonly #path: string;
  readonly #entries = new Map<Connection, Manifest>();
  #frozen = false;

  /** Starts with an empty file. Throws when the file cannot be written. */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    this.#write();
  }

  /** Adds a bee, or replaces its manifest; an older entry with the same hid is a ghost and goes. */
  add(connection: Connection, manifest: Manifest): void {
    for (const [other, { hid }] of this.#entries) {
      if (hid !== undefined && hid === manifest.hid && other !== connection) this.#entries.delete(other);
    }
    this.#entries.set(connection, manifest);
    this.#publish();
  }

  remove(connection: Connection): void {
    if (this.#entries.delete(connection)) this.#publish();
  }

  /** No more writes: the daemon is going, and its folder perhaps with it. */
  freeze(): void {
    this.#frozen = true;
  }

  manifests(): Iterable<Manifest> {
    return this.#entries.values();
  }

  workers(): Connection[] {
    return [...this.#entries.keys()].filter((connection) => connection.isWorker);
  }

  workerFor(model: string): Connection | undefined {
    return this.#find(
      (manifest) => manifest.bee.includes('worker') && (manifest.models?.includes(model) ?? false),
    );
  }

  ownerOf(tool: string): Connection | undefined {
    return this.#find((manifest) => manifest.tools?.some(({ name }) => name === tool) ?? false);
  }

  #find(serves: (manifest: Manifest) => boolean): Connection | undefined {
    for (const [connection, manifest] of this.#entries) {
      if (connection.isOpen && serves(manifest)) return connection;
    }
    return undefined;
  }

  /** humd goes on without its file when the disk refuses; so does this. */
  #publish(): void {
    if (this.#frozen) return;
    try {
      this.#write();
    } catch (error) {
      process.emitWarning(new Error(`cannot write ${this.#path}`, { cause: error }));
    }
  }

  #write(): void {
    const byId: Record<string, Manifest> = {};
    for (const [connection, manifest] of this.#entries) byId[connection.id] = manifest;
    const temporary = `${this.#path}.tmp`;
    writeFileSync(temporary, JSON.stringify(byId, null, 2));
    renameSync(temporary, this.#path);
  }
}
