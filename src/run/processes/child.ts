/** One of several processes that share the ports: does what the primary tells it. */
import type { Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { ConfigError } from '../../hive/config-error.js';
import { type Topic, toReport } from './all-processes.js';
import { toNestView } from '../choose-nest.js';
import type { Service } from '../service.js';
import { toStartError } from '../start-error.js';
import { type RunningHives, startHives } from '../start-hives.js';
import { type FromWorker, type StartOrder, toWorker } from './messages.js';
import { WorkerReports } from './reports.js';

export interface WorkerOptions {
  /** This process, as the cluster module has it. */
  readonly self: Worker;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Everything is closed, or could not be started: the process is of no more use. */
  end(): void;
}

/** Asks for its orders and follows them. Whatever closes it, the primary or a signal, it drains once. */
export function serveAsWorker({ self, env, log, end }: WorkerOptions): Service {
  const tell = (message: FromWorker, then?: () => void) => self.send(message, then);
  let running: Promise<RunningHives | undefined> | undefined;
  let closing: Promise<void> | undefined;
  const processes = new WorkerReports(tell);

  const start = async ({ hives, nest, nestlerId, version }: StartOrder) => {
    const started = await startHives({
      hives,
      nest: toNestView(nest, env),
      nestlerId,
      processes,
      env,
      version,
      log,
    }).catch((error: unknown) => {
      const isConfig = error instanceof ConfigError;
      const message = isConfig ? error.message : toStartError(error);
      tell({ type: 'failed', message, isConfig }, end);
      return undefined;
    });
    void started?.facts().then((facts) => tell({ type: 'listening', hives: facts }));
    return started;
  };

  const reportOn = async (kind: string, topic: Topic) => {
    const hive = (await running)?.bridges.find(({ config }) => config.kind === kind);
    return hive && toReport(hive, topic);
  };

  const close = async () => {
    try {
      const hives = await running;
      await hives?.close();
    } finally {
      end();
    }
  };

  self.on('message', (message: unknown) => {
    const order = toWorker.parse(message);
    switch (order.type) {
      case 'start':
        if (closing === undefined) running ??= start(order);
        return;
      case 'reload':
        void running?.then((hives) => hives?.reload(order.hives));
        return;
      case 'report':
        void reportOn(order.hive, order.topic).then((report) =>
          tell({ type: 'reported', id: order.id, report }),
        );
        return;
      case 'gathered':
        processes.take(order.id, order.reports);
        return;
      case 'close':
        closing ??= close();
        return;
      default:
        order satisfies never;
    }
  });
  tell({ type: 'waiting' });
  return {
    // The primary reads the configuration, and tells all workers at once.
    reload: () => undefined,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
