/** What the roster of the humd that the link is up to says, of the rosters of all that are configured. */
import { isStateful, onlyWorkerOf, type Roster, workerKindsOf, workerSetOf } from '../hive/parse-roster.js';
import { RosterWatch } from '../hive/roster.js';
import type { Model } from '../core/model.js';
import type { Catalogue, WorkerSet } from '../thrum/catalogue.js';

/** Where a humd says who is on its mesh. */
export interface RosterPlace {
  /** Its `bees.json`. */
  readonly rosterPath: string;
  /** Models that its workers are likely to serve. */
  readonly expectedModels: readonly string[];
}

export interface LiveCatalogueOptions {
  /** One for each humd, in the order of their sockets; at least one. */
  readonly rosters: readonly RosterPlace[];
  /** Read at each use. */
  readonly limits: { readonly rosterTtlMs: number };
  /**
   * The models that can be asked for with this roster; undefined if there is none. `known` are names that workers have served before
   * or are likely to serve.
   */
  modelsOf(roster: Roster | undefined, known: readonly string[]): readonly Model[];
}

/** How many names of models that have gone are remembered; the oldest are forgotten. */
const MAX_REMEMBERED = 1_000;

/** The roster of one humd, with all the models that its workers ever served. */
class RememberedRoster {
  readonly watch: RosterWatch;
  #known: readonly string[];

  constructor({ rosterPath, expectedModels }: RosterPlace, limits: LiveCatalogueOptions['limits']) {
    this.#known = expectedModels;
    this.watch = new RosterWatch({
      path: rosterPath,
      get pollMs() {
        return limits.rosterTtlMs;
      },
      onChange: (roster) => this.#remember(roster),
    });
    this.#remember(this.watch.current);
  }

  get known(): readonly string[] {
    return this.#known;
  }

  #remember(roster: Roster | undefined): void {
    const known = new Set(this.#known);
    for (const { models } of roster?.workers ?? []) for (const name of models) known.add(name);
    if (known.size > this.#known.length) this.#known = [...known].slice(-MAX_REMEMBERED);
  }
}

export class LiveCatalogue implements Catalogue {
  readonly #modelsOf: LiveCatalogueOptions['modelsOf'];
  readonly #rosters: readonly RememberedRoster[];
  #live = 0;

  constructor({ rosters, limits, modelsOf }: LiveCatalogueOptions) {
    this.#modelsOf = modelsOf;
    this.#rosters = rosters.map((place) => new RememberedRoster(place, limits));
  }

  turnTo(socket: number): void {
    this.#live = socket;
  }

  models(live: boolean): readonly Model[] {
    const { known = [] } = this.#rosters[this.#live] ?? {};
    return this.#modelsOf(live ? this.roster : undefined, known);
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

  workersOf(modelId: string): WorkerSet {
    const roster = this.roster;
    const place = `${this.#live}`;
    if (roster === undefined) return { set: place, connections: place };
    const { set, connections } = workerSetOf(roster, modelId);
    return { set: `${place} ${set}`, connections: `${place} ${connections}` };
  }

  isThere(worker: string): boolean {
    return this.roster?.workers.some(({ client }) => client === worker) ?? true;
  }

  onChange(listener: () => void): void {
    for (const { watch } of this.#rosters) watch.onChange(listener);
  }

  isStateful(modelId: string): boolean {
    const roster = this.roster;
    return roster !== undefined && isStateful(roster, modelId);
  }

  offersTool(name: string): boolean {
    return this.roster?.tools.some((tool) => tool.name === name) ?? false;
  }

  async refresh(): Promise<boolean> {
    return (await this.#rosters[this.#live]?.watch.refresh()) !== undefined;
  }

  /** Stops watching. May be called twice. */
  close(): void {
    for (const { watch } of this.#rosters) watch.close();
  }

  /** Of the humd that the link is up to; undefined if it cannot be read. */
  get roster(): Roster | undefined {
    return this.#rosters[this.#live]?.watch.current;
  }
}
