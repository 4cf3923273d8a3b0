/** What the roster of the humd that the link is up to says, of the rosters of all that are configured. */
import type { Roster } from '../hive/parse-roster.js';
import { UPSTREAM_WORKER } from '../hive/hives.js';
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

/** The models that can be asked for, with those that have exactly the name of the key. */
interface ModelList {
  readonly models: readonly Model[];
  readonly byId: ReadonlyMap<string, Model>;
}

/** All is worked out when a roster changes, so that a request only looks it up. */
export class LiveCatalogue implements Catalogue {
  readonly #modelsOf: LiveCatalogueOptions['modelsOf'];
  readonly #rosters: readonly RememberedRoster[];
  #live = 0;
  /** Of the humd that the link is up to; undefined if it cannot be read. */
  #roster: Roster | undefined;
  #list: ModelList;
  /** What holds while the link is down. */
  #unlinked: ModelList | undefined;

  constructor({ rosters, limits, modelsOf }: LiveCatalogueOptions) {
    this.#modelsOf = modelsOf;
    this.#rosters = rosters.map((place) => new RememberedRoster(place, limits));
    this.onChange(() => this.relist());
    this.#roster = this.#rosters[this.#live]?.watch.current;
    this.#list = this.#listFor(this.#roster);
  }

  get roster(): Roster | undefined {
    return this.#roster;
  }

  turnTo(socket: number): void {
    if (this.#live === socket) return;
    this.#live = socket;
    this.relist();
  }

  /** To be called when what `modelsOf` reads of the configuration has changed. */
  relist(): void {
    this.#roster = this.#rosters[this.#live]?.watch.current;
    this.#list = this.#listFor(this.#roster);
    this.#unlinked = undefined;
  }

  models(isLinked: boolean): readonly Model[] {
    return this.#listWhile(isLinked).models;
  }

  modelCalled(id: string, isLinked: boolean): Model | undefined {
    return this.#listWhile(isLinked).byId.get(id);
  }

  #listWhile(isLinked: boolean): ModelList {
    if (isLinked) return this.#list;
    this.#unlinked ??= this.#listFor(undefined);
    return this.#unlinked;
  }

  #listFor(roster: Roster | undefined): ModelList {
    const models = this.#modelsOf(roster, this.#rosters[this.#live]?.known ?? []);
    return { models, byId: new Map(models.map((model) => [model.id, model])) };
  }

  onlyWorkerOf(modelId: string): string | undefined {
    return this.#roster?.served.get(modelId)?.onlyWorker;
  }

  workerKindsOf(modelId: string): readonly string[] {
    return this.#roster?.served.get(modelId)?.kinds ?? NO_KINDS;
  }

  isStateful(modelId: string): boolean {
    return this.#roster?.served.get(modelId)?.isStateful ?? false;
  }

  workersOf(modelId: string): WorkerSet {
    const place = `${this.#live}`;
    if (this.#roster === undefined) return { set: place, connections: place };
    const { set = '', connections = '' } = this.#roster.served.get(modelId)?.workerSet ?? {};
    return { set: `${place} ${set}`, connections: `${place} ${connections}` };
  }

  isListed(hid: string): boolean {
    return this.#roster?.hids.has(hid) ?? true;
  }

  toolsOfOthers(hid: string): readonly string[] {
    return (this.#roster?.tools ?? []).filter((tool) => tool.hid !== hid).map(({ name }) => name);
  }

  isThere(worker: string): boolean {
    return this.#roster?.workers.some(({ client }) => client === worker) ?? true;
  }

  problem(): string | undefined {
    return this.#roster?.workers.find(({ models, problem }) => problem !== undefined && models.length === 0)
      ?.problem;
  }

  /** Of the servers that workers stand in front of: why each cannot be asked, or undefined for one that can. */
  upstreams(): readonly (string | undefined)[] {
    return (this.#roster?.workers ?? [])
      .filter(({ name }) => name === UPSTREAM_WORKER)
      .map(({ problem }) => problem);
  }

  offersTool(name: string): boolean {
    return this.#roster?.tools.some((tool) => tool.name === name) ?? false;
  }

  onChange(listener: () => void): void {
    for (const { watch } of this.#rosters) watch.onChange(listener);
  }

  async refresh(): Promise<boolean> {
    return (await this.#rosters[this.#live]?.watch.refresh()) !== undefined;
  }

  /** Stops watching. May be called twice. */
  close(): void {
    for (const { watch } of this.#rosters) watch.close();
  }
}

const NO_KINDS: readonly string[] = [];
