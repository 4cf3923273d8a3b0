/** A metric as plain data, in the shape in which prom-client gives and takes it. */
import type { Distribution, LabelledCount, Labels } from './counts.js';

export interface MetricValue {
  readonly labels: Labels;
  readonly value: number;
  /** Differs from the metric's own name for the parts of a histogram. */
  readonly metricName?: string;
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly MetricValue[];
  /** What becomes of the values of several processes. */
  readonly aggregator: 'sum' | 'first' | 'min';
}

export function counter(name: string, help: string, counts: readonly LabelledCount[]): Metric {
  return { name, help, type: 'counter', aggregator: 'sum', values: counts };
}

export function gauge(
  name: string,
  help: string,
  value: number | readonly LabelledCount[],
  aggregator: Metric['aggregator'] = 'sum',
): Metric {
  const values = typeof value === 'number' ? [{ labels: {}, value }] : value;
  return { name, help, type: 'gauge', aggregator, values };
}

export function histogram(name: string, help: string, distributions: readonly Distribution[]): Metric {
  const values = distributions.flatMap(({ labels, bounds, cumulative, sum, count }): MetricValue[] => [
    ...bounds.map((le, index) => ({
      metricName: `${name}_bucket`,
      labels: { le, ...labels },
      value: cumulative[index] ?? 0,
    })),
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]);
  return { name, help, type: 'histogram', aggregator: 'sum', values };
}
