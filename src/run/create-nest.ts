/** The side of a hive that talks to humd: its link, with the models that it knows of. */
import type { Logger } from 'pino';
import { createModelList, HUM_MODELS } from '../hive/catalogue.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { linkHidOf } from '../hive/identity.js';
import type { ReplicaStore } from '../shared/replica-store.js';
import { Nest } from '../thrum/nest.js';
import { LiveCatalogue } from './live-catalogue.js';

/** Where a daemon is. */
export interface NestPlace {
  socketPath(): string;
  /** humd's `bees.json`. */
  readonly rosterPath: string;
  /** Models that its workers are likely to serve, now or when they are back; those of hum's own worker where it is absent. */
  readonly expectedModels?: readonly string[];
}

export interface CreateNestOptions {
  /** Read at each use. */
  readonly config: HiveConfig;
  readonly hid: string;
  /** Tells this process from others of the same hid; absent where there are none. */
  readonly nestlerId?: string | undefined;
  /** Of this process among those of the same hive, from 0; absent where there is only one. */
  readonly processNumber?: number | undefined;
  /** Where a humd may be, first choice first; at least one. */
  readonly places: readonly NestPlace[];
  /** The bridge's own version. */
  readonly version: string;
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
  readonly log: Logger;
}

export interface CreatedNest {
  /** Dials once it is started. */
  readonly nest: Nest;
  /** Watches rosters: to be closed after the nest. */
  readonly catalogue: LiveCatalogue;
}

export function createNest(options: CreateNestOptions): CreatedNest {
  const { config, places } = options;
  const catalogue = new LiveCatalogue({
    rosters: places.map(({ rosterPath, expectedModels = HUM_MODELS }) => ({ rosterPath, expectedModels })),
    limits: config,
    modelsOf: createModelList({
      get configured() {
        return config.models;
      },
      get contextLength() {
        return config.contextLength;
      },
      get embedTool() {
        return config.embedTool;
      },
    }),
  });
  const nest = new Nest({
    introduction: {
      hive: config.kind,
      hid: linkHidOf(options.hid, { instance: config.instance, processNumber: options.processNumber }),
      version: options.version,
      wire: config.wire,
      provides: config.provides,
      tools: config.declareTools,
      source: config.source,
      nestlerId: options.nestlerId,
    },
    hiveHid: options.hid,
    catalogue,
    limits: config,
    replicas: options.replicas,
    socketPaths: places.map(({ socketPath }) => socketPath),
    log: options.log,
  });
  return { nest, catalogue };
}
