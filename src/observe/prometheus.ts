/** Words metrics for Prometheus, and adds what Node knows of this process. Loaded with the first scrape, and not before. */
import { AggregatorRegistry, collectDefaultMetrics, prometheusContentType, Registry } from 'prom-client';
import type { Metric } from './bridge-metrics.js';

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** Of memory, processor, event loop and garbage collection: those of the last two begin with the first scrape. */
const ofProcess = new Registry();
collectDefaultMetrics({ register: ofProcess });

/** Everything of this process, as plain data. */
export async function withProcessMetrics(metrics: readonly Metric[]): Promise<readonly object[]> {
  const own = await ofProcess.getMetricsAsJSON();
  // What was not measured yet is NaN, which JSON has no word for.
  return [
    ...metrics,
    ...own.map((metric) => ({
      ...metric,
      values: metric.values.filter(({ value }) => Number.isFinite(value)),
    })),
  ];
}

/** @param processes what `withProcessMetrics` gave in each of them; at least one */
export async function toExposition(processes: readonly (readonly object[])[]): Promise<Exposition> {
  const isAlone = processes.length === 1;
  const metrics = processes.map((ofOne) => ofOne.map((metric) => (isAlone ? withOwnValues(metric) : metric)));
  const registry = AggregatorRegistry.aggregate(metrics);
  return { contentType: prometheusContentType, text: await registry.metrics() };
}

/** What makes no sense for several processes together (when they started) does for one. */
function withOwnValues(metric: object): object {
  return { ...metric, aggregator: 'first' };
}
