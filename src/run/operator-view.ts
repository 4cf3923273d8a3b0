/** What the routes for operators answer with: the figures of all processes that share the port. */
import type { OperatorView } from '../http/ui/context.js';
import { mergeStatus } from '../observe/merge-status.js';
import {
  type Report,
  type ReportGatherer,
  type ReportSource,
  type ReportTopic,
  toReport,
} from './processes/reports.js';

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
