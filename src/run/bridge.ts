/** One hive in this process: its own configuration, identity, link and listener. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { AnswerCache, MemoryAnswers, SharedAnswers } from '../turns/answer-cache/answer-cache.js';
import type { BridgeStatus, NestStatus } from '../observe/status.js';
import type { SessionInfo } from '../core/port.js';
import type { ApiKey } from '../core/rights.js';
import { ConfigError } from '../hive/config-error.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { envNameOf } from '../hive/env-variables.js';
import { systemCodeOf } from '../hive/system-code.js';
import { createRightsGrant } from '../hive/grant-rights.js';
import { createLiveConfig } from '../hive/live-config.js';
import { createAnthropicSurface } from '../http/anthropic/surface.js';
import { createApp } from '../http/app.js';
import type { Stage } from '../http/guards/admit-request.js';
import { systemClock } from '../http/clock.js';
import { toConnectionRecord } from '../http/answer/failed-request.js';
import { Listener } from '../http/server/listener.js';
import { createOllamaSurface } from '../http/ollama/surface.js';
import { OpenStreams } from '../http/answer/open-streams.js';
import { canFrameChunks } from '../http/answer/own-chunks.js';
import { createOpenAISurface } from '../http/openai/surface.js';
import { createOpenApiSurface } from '../http/openapi/surface.js';
import { createUiSurface } from '../http/ui/surface.js';
import { RateLimit } from '../http/guards/rate-limit.js';
import { runTurn } from '../turns/run-turn.js';
import { TurnGate } from '../turns/turn-gate.js';
import { Audit } from '../journal/audit.js';
import { Journal } from '../journal/journal.js';
import { SharedUsage } from '../journal/shared-usage.js';
import type { SurfaceContext } from '../http/surface.js';
import type { TurnObserver } from '../observe/turn-observer.js';
import type { ReportGatherer } from './processes/reports.js';
import { createNest, type NestPlace } from './create-nest.js';
import type { HiveNest } from './moving-nest.js';
import { createGuards } from './guards.js';
import { Observation } from './observation.js';
import { createOperatorView, createSessionList } from './across-processes.js';
import type { HiveSettings } from './settings.js';
import type { ReplicaChannel } from '../shared/replica-store.js';
import type { HiveState } from './shared-state.js';

export interface BridgeOptions {
  readonly config: HiveConfig;
  /** The keys that clients present; none: no key is asked for. */
  readonly apiKeys: readonly ApiKey[];
  readonly hid: string;
  /** As `Identity.secret`; one of this process alone where absent. */
  readonly secret?: string | undefined;
  /** Tells this process from others of the same hid; absent where there are none. */
  readonly nestlerId?: string | undefined;
  /** Of this process among those of the same hive, from 0; absent where there is only one. */
  readonly processNumber?: number | undefined;
  /** How many connections the system has room for, whatever is configured; absent where that is not known. */
  readonly maxConnections?: number;
  /** Where a humd may be, first choice first; at least one. */
  readonly places: readonly NestPlace[];
  /** Where a humd may appear that turns go to from then on; none where they stay. */
  readonly laterPlaces?: readonly NestPlace[];
  /** What this hive's replicas share; absent where there is no Redis. */
  readonly shared?: HiveState | undefined;
  /** How the processes on this port tell each other what has happened; absent where there is only this one. */
  readonly channel?: ReplicaChannel | undefined;
  /** Asks all processes on this port how they do; absent where there is only this one. */
  readonly reports?: ReportGatherer | undefined;
  /** Told of every turn, besides the bridge's own observers. */
  readonly observers?: readonly TurnObserver[];
  /** Where the journal's files go. */
  readonly journalFolder: string;
  /** True: no port is taken, and all connections come by `Bridge.connect`. */
  readonly isMounted?: boolean;
  /** The bridge's own version. */
  readonly version: string;
  readonly log: Logger;
}

/** A hive that is listening. */
export interface Bridge {
  readonly config: HiveConfig;
  /** Empty where it takes no port. */
  readonly url: string;
  readonly nest: HiveNest;
  /** Answers on `socket` as on a connection that the port has taken. */
  connect(socket: Socket): void;
  /** How many streamed answers clients are being sent. */
  readonly openStreams: number;
  /** Who answers now. */
  whoAnswers(): NestStatus;
  /** How it is doing, in this process. */
  status(): BridgeStatus;
  /** All figures of this process, as plain data. */
  metrics(): Promise<readonly object[]>;
  /** The conversations that workers remember for this process. */
  sessions(): readonly SessionInfo[];
  /** How many turns wait to begin. */
  readonly waitingTurns: number;
  /** From now on these settings hold, but for the keys that are fixed; nothing is interrupted. Throws `ConfigError`. */
  reload(settings: HiveSettings): void;
  /**
   * Says on `/readyz` that it leaves, and `config.drainDelayMs` later refuses new requests, lets running turns go on for up
   * to `config.drainMs`, cancels what is left, hangs up and gives the port back. May be called twice.
   */
  close(): Promise<void>;
}

/**
 * Listens, then dials. Rejects with a `ConfigError` for what cannot be used, or with the system's error if the address
 * cannot be bound.
 */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { log } = options;
  const live = createLiveConfig(options.config);
  const { config } = live;
  const replicas = options.shared?.replicas;
  let guards = createGuards(options);
  const { nest, catalogue, whoAnswers, awaited } = createNest({
    ...options,
    config,
    replicas,
    channel: replicas ?? options.channel,
  });
  const journal = new Journal({
    folder: options.journalFolder,
    get days() {
      return config.journalDays;
    },
    log,
  });
  const audit = new Audit({ write: (line) => journal.record(line) });
  const sharedUsage = replicas && new SharedUsage({ replicas, own: journal, limits: config });
  const gate = new TurnGate(config);
  const answerStore = replicas ? new SharedAnswers(replicas) : new MemoryAnswers();
  const answers = new AnswerCache(answerStore, options.hid, config);
  const framesChunks = await canFrameChunks(systemClock);
  if (!framesChunks)
    log.warn('this version of Node has to frame the chunks of streams itself, which costs more');
  const streams = new OpenStreams(systemClock, config, framesChunks);
  const startedAt = new Date(systemClock.now()).toISOString();
  const identity = { version: options.version, kind: config.kind, hid: options.hid, startedAt };
  const observation = new Observation({ identity, config, nest, catalogue, whoAnswers, gate, streams, log });
  const stages = {
    observers: [
      journal,
      ...(sharedUsage ? [sharedUsage] : []),
      audit,
      ...observation.observers,
      ...(options.observers ?? []),
    ],
    get answers() {
      return config.answerCacheTtlMs > 0 ? answers : undefined;
    },
    gate,
    nest,
  };
  const detached = new Set<Promise<void>>();
  const surface: SurfaceContext = {
    settings: config,
    turns: { turn: (request, signal) => runTurn(stages, request, signal) },
    mesh: nest,
    grantRights: createRightsGrant(config),
    usage: sharedUsage ?? journal,
    sessions: createSessionList({
      hive: config.kind,
      own: nest,
      gatherer: options.reports,
      channel: replicas ?? options.channel,
    }),
    replicas,
    secret: options.secret ?? randomUUID(),
    streams,
    clock: systemClock,
    log,
    detached,
  };
  const rateLimit = new RateLimit(config, options.shared?.limiterStore);
  let stage: Stage = 'serving';
  const surfaces = [
    createUiSurface({
      ...createOperatorView(config.kind, observation, options.reports),
      tones: nest.tones,
      streams,
    }),
    createAnthropicSurface(surface),
    createOpenAISurface(surface),
    createOllamaSurface(surface),
  ] as const;
  const app = createApp({
    surfaces: [createOpenApiSurface(surfaces, options.version), ...surfaces],
    whoAnswers,
    get hosts() {
      return guards.hosts;
    },
    get origins() {
      return guards.origins;
    },
    get apiKeys() {
      return guards.apiKeys;
    },
    get rateLimit() {
      return config.requestsPerMinute > 0 ? rateLimit : undefined;
    },
    clock: systemClock,
    log,
    links: () => [
      ...nest.sockets().map(({ state }) => ({ state, to: whoAnswers().answers })),
      ...awaited().map(() => ({ state: 'awaited' as const, to: 'humd' as const })),
    ],
    upstreams: () => catalogue.upstreams(),
    audit,
    watcher: observation.watcher,
    stage: () => stage,
  });
  const { maxConnections = Number.POSITIVE_INFINITY } = options;
  if (maxConnections < config.maxConnections)
    log.warn(
      { maxConnections },
      'the system lets this process open fewer files than maxConnections needs: raise its limit (ulimit -n, LimitNOFILE)',
    );
  const listener = new Listener(app, {
    limits: config,
    maxConnections,
    onRefusal: (refusal, address) => audit.failed(toConnectionRecord(refusal, address, systemClock)),
  });
  let port = 0;
  try {
    if (!options.isMounted) port = await listener.listen(config.host, config.port);
  } catch (error) {
    catalogue.close();
    throw UNKNOWN_HOST.has(systemCodeOf(error) ?? '')
      ? new ConfigError(
          `host ${config.host} is not known to this machine (${systemCodeOf(error)}): set ${envNameOf(config.kind, 'host')} to 127.0.0.1, or to an address of this machine`,
        )
      : error;
  }
  nest.start({ host: config.host, port });

  const close = async () => {
    stage = 'leaving';
    nest.tones.close();
    if (config.drainDelayMs > 0) await delay(config.drainDelayMs);
    stage = 'refusing';
    await Promise.race([Promise.all([listener.whenQuiet(), ...detached]), delay(config.drainMs)]);
    await nest.close();
    await Promise.race([Promise.all([listener.drain(), ...detached]), delay(LAST_WORDS_MS)]);
    listener.destroy();
    catalogue.close();
    audit.flush();
    await sharedUsage?.flush();
    await journal.flush();
  };
  let closing: Promise<void> | undefined;
  return {
    config,
    url: options.isMounted
      ? ''
      : `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    nest,
    connect: (socket) => listener.connect(socket),
    get openStreams() {
      return streams.size;
    },
    whoAnswers,
    status: () => observation.status(),
    metrics: () => observation.metrics(),
    sessions: () => observation.sessions(),
    get waitingTurns() {
      return gate.waiting + nest.waitingTurns;
    },
    reload: (settings) => {
      guards = createGuards(settings);
      live.replace(settings.config);
      catalogue.relist();
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** What a look-up of a name gives that is no machine's. */
const UNKNOWN_HOST: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME']);

/** How long cancelled turns have to send their clients the end. */
const LAST_WORDS_MS = 500;

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
