/** Puts together how a bridge is doing, from the parts that know it. */
import { MAX_CONVERSATIONS } from '../observe/merge-status.js';
import type { BridgeStatus, NestStatus } from '../observe/status.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { toModelStatus } from '../hive/model-status.js';
import type { LiveTurns } from '../observe/live-turns.js';
import type { RecentFaults } from '../observe/recent-faults.js';
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

export interface BridgeParts {
  readonly config: HiveConfig;
  readonly nest: HiveNest;
  readonly catalogue: HiveCatalogue;
  /** Who answers now. */
  whoAnswers(): NestStatus;
  readonly gate: TurnGate;
  readonly turns: LiveTurns;
  readonly faults: RecentFaults;
}

export function toBridgeStatus(identity: BridgeIdentity, parts: BridgeParts): BridgeStatus {
  const { config, nest, catalogue, whoAnswers, gate, turns, faults } = parts;
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
    turns: turns.turns,
    tokensPerSecond: turns.tokensPerSecond,
    history: turns.history,
    bufferedBytes: nest.bufferedBytes,
    memory: { rssBytes: process.memoryUsage.rss() },
    models: toModelStatus(nest.models(), config.models, link === 'up' ? catalogue.roster : undefined),
    conversations: sessions.slice(0, MAX_CONVERSATIONS),
    live: turns.toStatus(),
    recentFaults: faults.toStatus(),
  };
}
