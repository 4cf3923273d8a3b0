/** What routes tell of all processes that share a hive's port: the figures for operators, and the conversations that workers remember. */
import { z } from 'zod';
import type { Sessions } from '../core/port.js';
import type { SessionList } from '../http/surface.js';
import type { OperatorView } from '../http/ui/context.js';
import { mergeStatus } from '../observe/merge-status.js';
import { parseShared, type ReplicaChannel } from '../shared/replica-store.js';
import {
  type Report,
  type ReportGatherer,
  type ReportSource,
  type ReportTopic,
  toReport,
} from './processes/reports.js';

/** Where a process is told to forget a session that it has. */
const CHANNEL = 'session-deleted';

const deletion = z.object({ id: z.string(), keyId: z.string().optional() });

export interface SessionListOptions {
  readonly hive: string;
  /** Those of this process. */
  readonly own: Sessions;
  /** Absent where there is only this process. */
  readonly gatherer: ReportGatherer | undefined;
  readonly channel: ReplicaChannel | undefined;
}

export function createSessionList({ hive, own, gatherer, channel }: SessionListOptions): SessionList {
  channel?.subscribe(CHANNEL, (message) => {
    const deleted = parseShared(deletion, message);
    if (deleted !== undefined) own.deleteSession(deleted.id, deleted.keyId);
  });
  const list: SessionList['list'] = async (keyId) => {
    const reports = (await gatherer?.gather(hive, 'sessions')) ?? [];
    const gathered = reports.flatMap((report) => (report.topic === 'sessions' ? report.sessions : []));
    const all = reports.length > 0 ? gathered : own.sessions();
    return all.filter((session) => session.keyId === keyId).sort((one, other) => one.idleMs - other.idleMs);
  };
  return {
    list,
    delete: async (id, keyId) => {
      if (own.deleteSession(id, keyId)) return true;
      if (gatherer === undefined || !(await list(keyId)).some((session) => session.id === id)) return false;
      await channel?.publish(CHANNEL, JSON.stringify({ id, keyId }));
      return true;
    },
  };
}

/** @param gatherer absent where there is only this process */
export function createOperatorView(
  hive: string,
  own: ReportSource,
  gatherer: ReportGatherer | undefined,
): OperatorView {
  const reportsAbout = async (topic: ReportTopic): Promise<readonly Report[]> => {
    const reports = (await gatherer?.gather(hive, topic)) ?? [];
    return reports.length > 0 ? reports : [await toReport(own, topic)];
  };
  return {
    status: async () => {
      const reports = await reportsAbout('status');
      const [first, ...others] = reports.flatMap((report) =>
        report.topic === 'status' ? report.status : [],
      );
      return first === undefined ? own.status() : mergeStatus([first, ...others]);
    },
    metrics: async () => {
      const reports = await reportsAbout('metrics');
      const { toExposition } = await import('../observe/prometheus.js');
      return toExposition(reports.flatMap((report) => (report.topic === 'metrics' ? [report.metrics] : [])));
    },
  };
}
