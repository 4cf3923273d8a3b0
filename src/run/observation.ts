/** All that observes one hive: the observers of its turns and requests, and its status and metrics. */
import type { Logger } from 'pino';
import type { SessionInfo } from '../core/port.js';
import type { OpenStreams } from '../http/answer/open-streams.js';
import type { RequestWatcher } from '../http/guards/admit-request.js';
import { toMetrics } from '../observe/bridge-metrics.js';
import { LiveTurns } from '../observe/live-turns.js';
import { RecentFaults } from '../observe/recent-faults.js';
import type { BridgeStatus } from '../observe/status.js';
import { TurnFigures } from '../observe/turn-figures.js';
import { createTurnLog } from '../observe/turn-log.js';
import type { TurnObserver } from '../observe/turn-observer.js';
import { type BridgeIdentity, type BridgeParts, toBridgeStatus } from './bridge-status.js';

export interface ObservationOptions extends Omit<BridgeParts, 'turns' | 'faults'> {
  readonly identity: BridgeIdentity;
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
    const { identity, ...parts } = this.#options;
    return toBridgeStatus(identity, { ...parts, turns: this.#turns, faults: this.#faults });
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
