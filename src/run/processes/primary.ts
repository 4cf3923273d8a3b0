/** Runs the hives in several processes that share their ports: this one starts and watches them, and answers no request. */
import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { prepareService, type ServeOptions, type Service } from '../service.js';
import type { PreparedHive } from '../settings.js';
import { hasSharedState } from '../shared-state.js';
import { type HiveFacts, startLine } from '../start-line.js';
import type { StartOrder } from './messages.js';
import { ReportCollector } from './reports.js';
import { ProcessSlot } from './slot.js';

export interface PrimaryOptions extends ServeOptions {
  /** The service has been closed because its processes cannot be kept running. */
  giveUp(error: Error): void;
}

/** How long a process that has drained may take to end. */
const EXIT_MS = 5_000;

/**
 * Resolves when all processes listen. Validates everything before the first one is started; rejects as `serve` does, or with
 * what kept a process from listening.
 */
export async function serveAsPrimary(options: PrimaryOptions): Promise<Service> {
  const { invocation, env, version, log, print, giveUp } = options;
  // Each process takes connections from the ports itself. Those that this one took and handed on would hang for ever where the other
  // process is killed before it has them, their descriptors open here.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const count = invocation.processes;
  const prepared = await prepareService(options);
  const { nest } = prepared;
  if (!hasSharedState(env))
    log.warn(
      { processes: count },
      'without REDIS_URL, stored responses, session hints, rate limits and waiting tool calls are known to one process each; results that reach another one are sent to the model anew',
    );
  const order = (processNumber: number): StartOrder => ({
    type: 'start',
    hives: prepared.hives,
    nest: nest.plan,
    nestlerId: `${randomUUID()}-${Date.now()}`,
    processNumber,
    version,
  });
  let slots: readonly ProcessSlot[] = [];
  const collector = new ReportCollector(
    (request) => slots.filter((slot) => slot.send({ type: 'report', ...request })).length,
  );
  const closeAll = async () => {
    await Promise.all(slots.map((slot) => slot.close(drainTimeoutMs(prepared.hives))));
    await nest.close();
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  let facts: readonly HiveFacts[];
  try {
    facts = await new Promise((resolve, reject) => {
      const listening = new Set<number>();
      const start = (_: unknown, index: number) =>
        new ProcessSlot({
          log,
          order: () => order(index),
          onListening: (hives) => {
            listening.add(index);
            if (listening.size === count) resolve(hives);
          },
          gather: (hive, topic) => collector.collect(hive, topic),
          onReport: (id, report) => collector.onReport(id, report),
          onPublish: ({ hive, channel, message }) => {
            for (const [at, slot] of slots.entries())
              if (at !== index) slot.send({ type: 'published', hive, channel, message });
          },
          onBroken: (error) => {
            if (listening.size < count) reject(error);
            else void close().finally(() => giveUp(error));
          },
        });
      slots = Array.from({ length: count }, start);
    });
  } catch (error) {
    await close();
    throw error;
  }
  for (const hive of facts) print(startLine({ version, processes: count, ...hive }));
  return {
    reload() {
      const hives = prepared.reload();
      for (const slot of slots) slot.send({ type: 'reload', hives });
    },
    close,
    kill: () => {
      for (const slot of slots) slot.kill();
    },
  };
}

function drainTimeoutMs(hives: readonly PreparedHive[]): number {
  return Math.max(...hives.map(({ config }) => config.drainDelayMs + config.drainMs)) + EXIT_MS;
}
