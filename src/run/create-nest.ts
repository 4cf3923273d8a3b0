/** The side of a hive that talks to humd: its link, with the models that it knows of. */
import type { Logger } from 'pino';
import { HUM_MODELS, listModels } from '../hive/catalogue.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { linkHidOf } from '../hive/identity.js';
import type { NestStatus } from '../observe/status.js';
import type { SlowReaders } from '../core/slow-readers.js';
import type { ReplicaChannel, ReplicaStore } from '../shared/replica-store.js';
import type { SocketHealth } from '../thrum/link/client.js';
import { ToneTaps } from '../thrum/link/tone-tap.js';
import { Nest, type NestOptions } from '../thrum/nest.js';
import { LiveCatalogue } from './live-catalogue.js';
import { type HiveNest, MovingNest } from './moving-nest.js';
import { type EmbeddedFacts, toNestStatus } from './who-answers.js';

/** Where a daemon is. */
export interface NestPlace {
  socketPath(): string;
  /** humd's `bees.json`. */
  readonly rosterPath: string;
  /** A humd where it is absent. */
  readonly embedded?: EmbeddedFacts;
  /** Where its worker, in this process, learns whose answers wait. */
  readonly slowReaders?: SlowReaders | undefined;
  /** Has its worker, in this process, list its models anew. */
  readonly relist?: (() => Promise<void> | undefined) | undefined;
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
  /** Where a humd may appear that turns go to from then on; none where they stay. */
  readonly laterPlaces?: readonly NestPlace[] | undefined;
  /** The bridge's own version. */
  readonly version: string;
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
  /** How its replicas tell each other what has happened; absent where it has none. */
  readonly channel?: ReplicaChannel | undefined;
  readonly log: Logger;
}

/** What is known of the workers behind the link. */
export type HiveCatalogue = Pick<LiveCatalogue, 'roster' | 'upstreams' | 'refresh' | 'relist' | 'close'>;

export interface CreatedNest {
  /** Dials once it is started. */
  readonly nest: HiveNest;
  /** Watches rosters: to be closed after the nest. */
  readonly catalogue: HiveCatalogue;
  /** Who answers now. */
  whoAnswers(): NestStatus;
  /** How the sockets are doing where a humd may appear; none once it was there. */
  awaited(): readonly SocketHealth[];
}

export function createNest(options: CreateNestOptions): CreatedNest {
  const { places, laterPlaces = [], log } = options;
  const embedded = places[0]?.embedded;
  const tellOf = ({ nest, catalogue }: LinkedNest, facts: EmbeddedFacts | undefined) =>
    toNestStatus({
      embedded: facts,
      link: nest.link(),
      sockets: nest.sockets(),
      roster: catalogue.roster,
      models: nest.models(),
    });
  if (laterPlaces.length === 0) {
    const linked = createLinkedNest(options, places, {});
    return { ...linked, whoAnswers: () => tellOf(linked, embedded), awaited: () => [] };
  }
  const tones = new ToneTaps();
  const echo = createLinkedNest(options, places, { tones });
  const hum = createLinkedNest(options, laterPlaces, { tones, isAwaited: true, onUp: () => nest.move() });
  const nest: MovingNest = new MovingNest(echo.nest, hum.nest, log);
  const current = () => (nest.hasMoved ? hum.catalogue : echo.catalogue);
  return {
    nest,
    catalogue: {
      get roster() {
        return current().roster;
      },
      upstreams: () => current().upstreams(),
      refresh: () => current().refresh(),
      relist: () => {
        echo.catalogue.relist();
        hum.catalogue.relist();
      },
      close: () => {
        echo.catalogue.close();
        hum.catalogue.close();
      },
    },
    whoAnswers: () => (nest.hasMoved ? tellOf(hum, undefined) : tellOf(echo, embedded)),
    awaited: () => nest.awaited(),
  };
}

interface LinkedNest {
  readonly nest: Nest;
  readonly catalogue: LiveCatalogue;
}

function createLinkedNest(
  options: CreateNestOptions,
  places: readonly NestPlace[],
  more: Pick<NestOptions, 'tones' | 'isAwaited' | 'onUp'>,
): LinkedNest {
  const { config } = options;
  const catalogue = new LiveCatalogue({
    rosters: places.map(({ rosterPath, embedded }) => ({
      rosterPath,
      expectedModels: (embedded?.upstream ?? null) === null ? HUM_MODELS : [],
    })),
    limits: config,
    modelsOf: (roster, known) => {
      const { models: configured, contextLength, embedTool } = config;
      return listModels({ configured, contextLength, embedTool, roster, known });
    },
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
    catalogue,
    limits: config,
    replicas: options.replicas,
    channel: options.channel,
    slowReaders: places[0]?.slowReaders,
    relist: places[0]?.relist,
    socketPaths: places.map(({ socketPath }) => socketPath),
    log: options.log,
    ...more,
  });
  return { nest, catalogue };
}
