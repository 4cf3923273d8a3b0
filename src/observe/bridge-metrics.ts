/** All that a bridge tells Prometheus of itself: names, units and what they mean, as plain data. */
import type { Distribution, LabelledCount, Labels } from './counts.js';
import type { BridgeStatus, SocketStatus } from './status.js';
import type { TurnFigures } from './turn-figures.js';

export interface MetricValue {
  readonly labels: Labels;
  readonly value: number;
  /** Differs from the metric's own name for the parts of a histogram. */
  readonly metricName?: string;
}

/** In the shape in which prom-client gives and takes it. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly MetricValue[];
  /** What becomes of the values of several processes. */
  readonly aggregator: 'sum' | 'first' | 'min';
}

function counter(name: string, help: string, counts: readonly LabelledCount[]): Metric {
  return { name, help, type: 'counter', aggregator: 'sum', values: counts };
}

function gauge(
  name: string,
  help: string,
  value: number | readonly LabelledCount[],
  aggregator: Metric['aggregator'] = 'sum',
): Metric {
  const values = typeof value === 'number' ? [{ labels: {}, value }] : value;
  return { name, help, type: 'gauge', aggregator, values };
}

function histogram(name: string, help: string, distributions: readonly Distribution[]): Metric {
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

/** Counts of moments, and of what goes on beside turns. */
export interface BridgeFigures {
  readonly turns: TurnFigures;
  readonly status: Pick<BridgeStatus, 'version' | 'kind' | 'nest' | 'link' | 'sessions' | 'bufferedBytes'>;
  /** Turns that run or wait. */
  readonly openTurns: number;
  /** Streamed answers that clients are being sent. */
  readonly openStreams: number;
}

const SOCKET_STATES = [
  'up',
  'closed',
  'open',
  'half-open',
] as const satisfies readonly SocketStatus['state'][];

export function toMetrics({ turns, status, openTurns, openStreams }: BridgeFigures): readonly Metric[] {
  const { version, kind, nest, link, sessions, bufferedBytes } = status;
  return [
    gauge(
      'thrum_bridge_info',
      'Always 1; the labels say what runs.',
      [{ labels: { version, hive: kind }, value: 1 }],
      'first',
    ),
    gauge(
      'thrum_bridge_nest_info',
      'Always 1; the labels say who answers: humd, or the daemon within the process with its echo or an upstream.',
      [{ labels: { nest: nest.type, answers: nest.answers }, value: 1 }],
      'first',
    ),
    gauge(
      'thrum_bridge_ready',
      'Whether a turn can be answered, as far as is known: 1 or 0. With several processes, whether by all of them.',
      nest.ready ? 1 : 0,
      'min',
    ),
    counter(
      'thrum_bridge_turns_total',
      'Turns that have ended, by surface, model and outcome: a finish reason, a fault, or left.',
      turns.turns.values,
    ),
    histogram(
      'thrum_bridge_turn_seconds',
      'From the beginning of a turn to its end, however it ended.',
      turns.lengths,
    ),
    histogram(
      'thrum_bridge_first_token_seconds',
      'From the beginning of a turn to the first event that shows.',
      turns.firstTokens,
    ),
    histogram(
      'thrum_bridge_token_gap_seconds',
      'Between two reads of the socket that brought something of the same turn.',
      [turns.gaps],
    ),
    counter(
      'thrum_bridge_tokens_total',
      'Tokens, as workers report them or as estimated; cached ones are among those of the prompt.',
      turns.tokens.values,
    ),
    counter(
      'thrum_bridge_cached_answers_total',
      'Turns that were answered from the answer cache.',
      turns.cachedAnswers.values,
    ),
    gauge('thrum_bridge_open_turns', 'Turns that clients wait for, those in the queue included.', openTurns),
    gauge(
      'thrum_bridge_queued_turns',
      'Turns that wait for a place here, or for a worker that has room.',
      sessions.waiting,
    ),
    gauge('thrum_bridge_parked_turns', 'Workers that wait for tool results.', sessions.parked),
    gauge('thrum_bridge_open_sessions', 'Sessions that humd may hold for this bridge.', sessions.open),
    gauge(
      'thrum_bridge_kept_sessions',
      'Conversations that workers remember and a next request may go on with.',
      sessions.kept,
    ),
    counter(
      'thrum_bridge_sessions_total',
      'Prompts to workers that remember conversations: the news alone to the process that knows the rest (delta) or under a fresh sid (resumed), or all of it (fresh), and why.',
      turns.sessions.values,
    ),
    gauge('thrum_bridge_open_streams', 'Streamed answers that clients are being sent.', openStreams),
    gauge('thrum_bridge_buffered_bytes', 'What waits for slow clients, in UTF-8.', bufferedBytes),
    counter(
      'thrum_bridge_tool_ways_total',
      'Tool results by how they went out: to the worker that waits (route), or in a new prompt (replay).',
      turns.toolResults.values,
    ),
    gauge(
      'thrum_bridge_link_up',
      'Whether the link to a humd is up: 1 or 0. With several processes, whether all of theirs are.',
      link.state === 'up' ? 1 : 0,
      'min',
    ),
    gauge(
      'thrum_bridge_sockets',
      'Links by number of the configured socket and state. With several processes, how many are in it.',
      link.sockets.flatMap(({ number, state: now }) =>
        SOCKET_STATES.map((state) => ({ labels: { socket: number, state }, value: state === now ? 1 : 0 })),
      ),
    ),
    counter('thrum_bridge_reconnects_total', 'How often a link that was up was lost.', one(link.reconnects)),
    counter(
      'thrum_bridge_dropped_lines_total',
      'Lines from humd that could not be taken, by reason.',
      byReason(link.droppedLines),
    ),
    counter(
      'thrum_bridge_ignored_tones_total',
      'Tones from humd that were passed over, by reason.',
      byReason(link.ignoredTones),
    ),
    counter('thrum_bridge_cancels_total', 'Turns that humd was told to cancel.', one(link.cancels)),
    counter(
      'thrum_bridge_http_requests_total',
      'Answered requests by method, route and status; other: a path that no surface has.',
      turns.requests.values,
    ),
    counter(
      'thrum_bridge_refused_keys_total',
      'Requests refused for their API key: missing, wrong, or unchecked after many wrong ones from their address.',
      turns.refusedKeys.values,
    ),
  ];
}

function byReason(counts: Readonly<Record<string, number>>) {
  return Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value }));
}

function one(value: number) {
  return [{ labels: {}, value }];
}
