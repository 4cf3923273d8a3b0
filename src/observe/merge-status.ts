/** Makes one status of those of several processes that share a port. */

import type { TurnOutcome } from './records.js';
import type { BridgeStatus, HistoryStatus, SocketStatus } from './status.js';

/** As many as one process shows. */
const MAX_FAULTS = 50;
/** Of conversations, of one process and of all together. */
export const MAX_CONVERSATIONS = 200;

/** What is the same for all of them is taken from the first. The link is up only if all of theirs are. Pure. */
export function mergeStatus(statuses: readonly [BridgeStatus, ...BridgeStatus[]]): BridgeStatus {
  const [first] = statuses;
  const sum = (of: (status: BridgeStatus) => number) =>
    statuses.reduce((total, status) => total + of(status), 0);
  const links = statuses.map(({ link }) => link);
  const nests = statuses.map(({ nest }) => nest);
  const byOutcome: Partial<Record<TurnOutcome, number>> = {};
  for (const { turns } of statuses) addCounts(byOutcome, turns.byOutcome);
  return {
    ...first,
    startedAt: statuses.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    processes: statuses.flatMap(({ processes }) => processes),
    // The one that people have to know of: what cannot answer, or only echoes.
    nest: nests.find(({ ready }) => !ready) ?? nests.find(({ answers }) => answers === 'echo') ?? first.nest,
    link: {
      state: links.every(({ state }) => state === 'up') ? 'up' : 'down',
      to: links.find(({ to }) => to === 'echo')?.to ?? first.link.to,
      sockets: first.link.sockets.map(({ number }, index) => ({
        number,
        state: worst(links.flatMap(({ sockets }) => sockets[index]?.state ?? [])),
      })),
      reconnects: sum(({ link }) => link.reconnects),
      droppedLines: {
        oversized: sum(({ link }) => link.droppedLines.oversized),
        malformed: sum(({ link }) => link.droppedLines.malformed),
      },
      ignoredTones: {
        unknownChi: sum(({ link }) => link.ignoredTones.unknownChi),
        foreignSid: sum(({ link }) => link.ignoredTones.foreignSid),
      },
      cancels: sum(({ link }) => link.cancels),
    },
    sessions: {
      open: sum(({ sessions }) => sessions.open),
      running: sum(({ sessions }) => sessions.running),
      parked: sum(({ sessions }) => sessions.parked),
      waiting: sum(({ sessions }) => sessions.waiting),
      kept: sum(({ sessions }) => sessions.kept),
    },
    turns: { total: sum(({ turns }) => turns.total), byOutcome },
    tokensPerSecond: Math.round(sum(({ tokensPerSecond }) => tokensPerSecond) * 10) / 10,
    history: mergeHistory(statuses.map(({ history }) => history)),
    bufferedBytes: sum(({ bufferedBytes }) => bufferedBytes),
    memory: { rssBytes: sum(({ memory }) => memory.rssBytes) },
    conversations: statuses
      .flatMap(({ conversations }) => conversations)
      .sort((one, other) => one.idleMs - other.idleMs)
      .slice(0, MAX_CONVERSATIONS),
    live: statuses
      .flatMap(({ live }) => live)
      .sort((one, other) => one.startedAt.localeCompare(other.startedAt)),
    recentFaults: statuses
      .flatMap(({ recentFaults }) => recentFaults)
      .sort((one, other) => other.at.localeCompare(one.at))
      .slice(0, MAX_FAULTS),
  };
}

/** Step by step from the newest one back: processes begin their steps at different times, which moves a figure by one step at most. */
function mergeHistory(histories: readonly HistoryStatus[]): HistoryStatus {
  const steps = Math.max(...histories.map(({ tokens }) => tokens.length));
  const each = (
    of: (history: HistoryStatus) => readonly number[],
    join: (...numbers: number[]) => number,
  ): readonly number[] =>
    Array.from({ length: steps }, (_, index) =>
      join(...histories.map((history) => of(history).at(index - steps) ?? 0)),
    );
  const sum = (...numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    stepSeconds: histories[0]?.stepSeconds ?? 0,
    tokens: each(({ tokens }) => tokens, sum),
    ended: each(({ ended }) => ended, sum),
    failed: each(({ failed }) => failed, sum),
    firsts: each(({ firsts }) => firsts, sum),
    firstMsSum: each(({ firstMsSum }) => firstMsSum, sum),
    firstMsMax: each(({ firstMsMax }) => firstMsMax, Math.max),
  };
}

/** From the best to the worst. */
const STATES = ['up', 'closed', 'half-open', 'open'] as const satisfies readonly SocketStatus['state'][];

function worst(states: readonly SocketStatus['state'][]): SocketStatus['state'] {
  return STATES.findLast((state) => states.includes(state)) ?? 'closed';
}

function addCounts<Key extends string>(
  sums: Partial<Record<Key, number>>,
  counts: Readonly<Partial<Record<Key, number>>>,
): void {
  for (const key in counts) sums[key] = (sums[key] ?? 0) + (counts[key] ?? 0);
}
