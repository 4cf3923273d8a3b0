/** What a nest is told of the models, workers and tools behind its link. */
import type { Model } from '../core/model.js';

/** The workers of a model, as two texts that are the same whatever their order in the roster. */
export interface WorkerSet {
  /** Who they are: another text when one has come or gone, and for another humd. */
  readonly set: string;
  /** Their connections: another text as well when one has connected anew. */
  readonly connections: string;
}

/** The models that can be asked for, as far as configuration and roster know. */
export interface Catalogue {
  /** @param isLinked whether the link is up: the roster counts only then */
  models(isLinked: boolean): readonly Model[];
  /** The one of `models` that has exactly this id. */
  modelCalled(id: string, isLinked: boolean): Model | undefined;
  /** Why a worker that lists no models cannot list them; undefined where none says so. */
  problem(): string | undefined;
  /** True if a bee offers this tool to the mesh now. */
  offersTool(name: string): boolean;
  /** The id of the one worker that serves this model; undefined if there are several, or nobody knows. */
  onlyWorkerOf(modelId: string): string | undefined;
  /** The kinds (names) of the workers that serve this model, each once; none where nobody knows. */
  workerKindsOf(modelId: string): readonly string[];
  /** False if the list of bees can be read, and this hid is not on it. */
  isListed(hid: string): boolean;
  /** The names of the tools that bees other than this hid offer to the mesh. */
  toolsOfOthers(hid: string): readonly string[];
  /** Which workers serve this model. Cheap; compared, never parsed. */
  workersOf(modelId: string): WorkerSet;
  /** False if the worker is known to be gone. */
  isThere(worker: string): boolean;
  /** Calls `listener` whenever the roster has changed. */
  onChange(listener: () => void): void;
  /** True if there are workers for this model and each of them remembers its sessions. */
  isStateful(modelId: string): boolean;
  /** Says which of the sockets the link is up to: its roster is the one that counts. */
  turnTo(socket: number): void;
  /** Reads the roster afresh. False: there is none to read, and humd decides. */
  refresh(): Promise<boolean>;
}
