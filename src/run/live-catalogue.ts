/** What the roster of the humd that the link is up to says, of the rosters of all that are configured. */
import { isStateful, onlyWorkerOf, type Roster, workerKindsOf, workersKeyOf } from '../hive/parse-roster.js';
import { RosterWatch } from '../hive/roster.js';
import type { Model } from '../core/model.js';
import type { Catalogue } from '../thrum/catalogue.js';

export interface LiveCatalogueOptions {
  /** The `bees.json` of each humd, in the order of their sockets; at least one. */
  readonly rosterPaths: readonly string[];
  /** Read at each use. */
  readonly limits: { readonly rosterTtlMs: number };
  /** The models that can be asked for with this roster; undefined if there is none. */
  modelsOf(roster: Roster | undefined): readonly Model[];
}

export class LiveCatalogue implements Catalogue {
  readonly #modelsOf: LiveCatalogueOptions['modelsOf'];
  readonly #watches: readonly RosterWatch[];
  #live = 0;

  constructor({ rosterPaths, limits, modelsOf }: LiveCatalogueOptions) {
    this.#modelsOf = modelsOf;
    this.#watches = rosterPaths.map(
      (path) =>
        new RosterWatch({
          path,
          get pollMs() {
            return limits.rosterTtlMs;
          },
        }),
    );
  }

  turnTo(socket: number): void {
    this.#live = socket;
  }

  models(live: boolean): readonly Model[] {
    return this.#modelsOf(live ? this.roster : undefined);
  }

  onlyWorkerOf(modelId: string): string | undefined {
    const roster = this.roster;
    return roster === undefined ? undefined : onlyWorkerOf(roster, modelId);
  }

  workerKindsOf(modelId: string): readonly string[] {
    const roster = this.roster;
    return roster === undefined ? [] : workerKindsOf(roster, modelId);
  }

  isListed(hid: string): boolean {
    return this.roster?.hids.has(hid) ?? true;
  }

  toolsOfOthers(hid: string): readonly string[] {
    return (this.roster?.tools ?? []).filter((tool) => tool.hid !== hid).map(({ name }) => name);
  }

  workersKeyOf(modelId: string): string {
    const roster = this.roster;
    return roster === undefined ? `${this.#live}` : `${this.#live} ${workersKeyOf(roster, modelId)}`;
  }

  isThere(worker: string): boolean {
    return this.roster?.workers.some(({ client }) => client === worker) ?? true;
  }

  onChange(listener: () => void): void {
    for (const watch of this.#watches) watch.onChange(listener);
  }

  isStateful(modelId: string): boolean {
    const roster = this.roster;
    return roster !== undefined && isStateful(roster, modelId);
  }

  offersTool(name: string): boolean {
    return this.roster?.tools.some((tool) => tool.name === name) ?? false;
  }

  async refresh(): Promise<boolean> {
    return (await this.#watches[this.#live]?.refresh()) !== undefined;
  }

  /** Stops watching. May be called twice. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }

  /** Of the humd that the link is up to; undefined if it cannot be read. */
  get roster(): Roster | undefined {
    return this.#watches[this.#live]?.current;
  }
}
