/** The bees that said hello, in memory and in bees.json. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Connection } from './connection.js';
import type { Manifest } from './manifest.js';

/**
 * One manifest for each link and each hid. In no order that means anything, which may change when bees come or go: of several workers of a
 * model, and of several bees that list a tool, any one is chosen.
 *
 * The file is empty at the start, where humd leaves what an earlier one wrote until the first hello. It is written in one go,
 * synchronously, so that two changes can never overtake each other, and before the answer to the hello leaves: a bee that has its second
 * breath stands in bees.json.
 */
export class Roster {
  readonly #path: string;
  readonly #entries = new Map<Connection, Manifest>();
  #frozen = false;

  /** Throws when the file cannot be written. */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    this.#write();
  }

  /** Adds a bee, or replaces its manifest as a whole. Other links with the same hid lose theirs, and what they listed. */
  add(connection: Connection, manifest: Manifest): void {
    for (const [other, { hid }] of this.#entries) {
      if (hid === undefined || hid !== manifest.hid || other === connection) continue;
      this.#entries.delete(other);
      other.manifest = undefined;
    }
    connection.manifest = manifest;
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

  manifests(): readonly Manifest[] {
    return this.#inOrder().map(([, manifest]) => manifest);
  }

  workers(): Connection[] {
    return this.#inOrder().flatMap(([connection]) => (connection.isWorker ? [connection] : []));
  }

  workerFor(model: string): Connection | undefined {
    return this.#find(
      (manifest) => manifest.bee.includes('worker') && (manifest.models?.includes(model) ?? false),
    );
  }

  /** Tools of bees that are workers and nothing else are not called. */
  ownerOf(tool: string): Connection | undefined {
    return this.#find(
      ({ bee, tools = [] }) => bee.includes('forager') && tools.some(({ name }) => name === tool),
    );
  }

  #find(serves: (manifest: Manifest) => boolean): Connection | undefined {
    for (const [connection, manifest] of this.#inOrder()) {
      if (connection.isOpen && serves(manifest)) return connection;
    }
    return undefined;
  }

  /** By the ids of the links, which are random. */
  #inOrder(): readonly (readonly [Connection, Manifest])[] {
    return [...this.#entries].sort(([{ id: one }], [{ id: other }]) => (one < other ? -1 : 1));
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
    for (const [connection, manifest] of this.#inOrder()) byId[connection.id] = manifest;
    const temporary = `${this.#path}.tmp`;
    writeFileSync(temporary, JSON.stringify(byId, null, 2));
    renameSync(temporary, this.#path);
  }
}
