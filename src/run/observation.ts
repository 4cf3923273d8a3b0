/** All that observes one hive: the observers of its turns and requests, and its status and metrics, from the parts that know them. */
import type { Logger } from 'pino';
import type { SessionInfo } from '../core/port.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { toModelStatus } from '../hive/model-status.js';
import type { OpenStreams } from '../http/answer/open-streams.js';
import type { RequestWatcher } from '../http/guards/admit-request.js';
import { toMetrics } from '../observe/bridge-metrics.js';
import { LiveTurns } from '../observe/live-turns.js';
import { MAX_CONVERSATIONS } from '../observe/merge-status.js';
import { RecentFaults } from '../observe/recent-faults.js';
import type { BridgeStatus, NestStatus } from '../observe/status.js';
import { TurnFigures } from '../observe/turn-figures.js';
import { createTurnLog } from '../observe/turn-log.js';
import type { TurnObserver } from '../observe/turn-observer.js';
import type { TurnGate } from '../turns/turn-gate.js';
import type { HiveCatalogue } from './create-nest.js';
import type { HiveNest } from './moving-nest.js';

/** What stays as it is while the bridge runs. */
export interface BridgeIdentity {
  readonly version: string;
  readonly kind: string;
  readonly hid: string;
  /** RFC 3339, in UTC. */
  readonly startedAt: string;
}

export interface ObservationOptions {
  readonly identity: BridgeIdentity;
  readonly config: HiveConfig;
  readonly nest: HiveNest;
  readonly catalogue: HiveCatalogue;
  /** Who answers now. */
  whoAnswers(): NestStatus;
  readonly gate: TurnGate;
  readonly streams: OpenStreams;
  readonly log: Logger;
}

export class Observation {
  readonly #options: ObservationOptions;
  readonly #turns = new LiveTurns();
  readonly #faults: RecentFaults;
  readonly #figures: TurnFigures;
  /** Each observes every turn. */
  readonly observers: readonly TurnObserver[];
  readonly watcher: RequestWatcher;

  constructor(options: ObservationOptions) {
    this.#options = options;
    const { log } = options;
    this.#faults = new RecentFaults(options.whoAnswers);
    const figures = new TurnFigures();
    this.#figures = figures;
    this.observers = [this.#turns, this.#faults, figures, createTurnLog(log, options.whoAnswers)];
    this.watcher = {
      failed: (fault, request) => this.#faults.add(fault, { ...request, model: null }),
      answered: figures.answered,
      keyRefused: figures.keyRefused,
    };
  }

  /** Of this process. */
  status(): BridgeStatus {
    const { identity, config, nest, catalogue, whoAnswers, gate } = this.#options;
    const { version, kind, hid, startedAt } = identity;
    const link = nest.link();
    const answering = whoAnswers();
    const sessions = nest.sessions();
    const { oversized, malformed, unknownChi, foreignSid } = nest.ignored;
    return {
      version,
      kind,
      hid,
      startedAt,
      processes: [{ pid: process.pid, startedAt }],
      nest: answering,
      link: {
        state: link,
        to: answering.answers,
        sockets: nest.sockets().map(({ state }, index) => ({ number: index + 1, state })),
        reconnects: nest.reconnects,
        droppedLines: { oversized, malformed },
        ignoredTones: { unknownChi, foreignSid },
        cancels: nest.cancels,
      },
      sessions: {
        open: nest.openSids,
        running: nest.runningTurns,
        parked: nest.parkedTurns,
        waiting: gate.waiting + nest.waitingTurns,
        kept: sessions.filter(({ state }) => state === 'kept').length,
      },
      turns: this.#turns.turns,
      tokensPerSecond: this.#turns.tokensPerSecond,
      history: this.#turns.history,
      bufferedBytes: nest.bufferedBytes,
      memory: { rssBytes: process.memoryUsage.rss() },
      models: toModelStatus(nest.models(), config.models, link === 'up' ? catalogue.roster : undefined),
      conversations: sessions.slice(0, MAX_CONVERSATIONS),
      live: this.#turns.toStatus(),
      recentFaults: this.#faults.toStatus(),
    };
  }

  /** The conversations that workers remember for this process. */
  sessions(): readonly SessionInfo[] {
    return this.#options.nest.sessions();
  }

  /** Of this process, as plain data. */
  async metrics(): Promise<readonly object[]> {
    const { withProcessMetrics } = await import('../observe/prometheus.js');
    const { streams } = this.#options;
    return withProcessMetrics(
      toMetrics({
        turns: this.#figures,
        status: this.status(),
        openTurns: this.#turns.size,
        openStreams: streams.size,
      }),
    );
  }
}
