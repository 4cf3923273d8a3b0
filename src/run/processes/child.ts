/** One of several processes that share the ports: does what the primary orders. */
import type { Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { ConfigError } from '../../hive/config-error.js';
import { toNestView } from '../choose-nest.js';
import type { Service } from '../service.js';
import { toStartError } from '../start-line.js';
import { type RunningHives, startHives } from '../start-hives.js';
import { type FromChild, fromPrimary, ProcessChannels, type StartOrder } from './messages.js';
import { PrimaryReports, type ReportTopic, toReport } from './reports.js';

export interface ChildOptions {
  /** This process, as the cluster module has it. */
  readonly self: Worker;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Everything is closed, or could not be started: the process has nothing left to do. */
  end(): void;
}

/** Asks for its orders and follows them. It drains once, whether the primary closes it or a signal does. */
export function serveAsChild({ self, env, log, end }: ChildOptions): Service {
  const send = (message: FromChild, onSent?: () => void) => self.send(message, onSent);
  const reports = new PrimaryReports((request) => send({ type: 'gather', ...request }));
  const channels = new ProcessChannels((notice) => send({ type: 'publish', ...notice }));
  let running: Promise<RunningHives | undefined> | undefined;
  let closing: Promise<void> | undefined;

  const start = async ({ hives, nest, nestlerId, processNumber, version }: StartOrder) => {
    try {
      const started = await startHives({
        hives,
        nest: toNestView(nest, env),
        nestlerId,
        processNumber,
        reports,
        channels,
        env,
        version,
        log,
      });
      void started.facts().then((facts) => send({ type: 'listening', hives: facts }));
      return started;
    } catch (error) {
      const isConfig = error instanceof ConfigError;
      const message = isConfig ? error.message : toStartError(error);
      send({ type: 'failed', message, isConfig }, end);
      return undefined;
    }
  };

  const reportOn = async (id: string, kind: string, topic: ReportTopic) => {
    const hive = (await running)?.bridges.find(({ config }) => config.kind === kind);
    send({ type: 'reported', id, report: hive && (await toReport(hive, topic)) });
  };

  const drain = async () => {
    try {
      const hives = await running;
      await hives?.close();
    } finally {
      end();
    }
  };
  const close = () => {
    closing ??= drain();
    return closing;
  };

  self.on('message', (message: unknown) => {
    const order = fromPrimary.parse(message);
    switch (order.type) {
      case 'start':
        if (closing === undefined) running ??= start(order);
        return;
      case 'reload':
        void running?.then((hives) => hives?.reload(order.hives));
        return;
      case 'report':
        void reportOn(order.id, order.hive, order.topic);
        return;
      case 'gathered':
        reports.onGathered(order.id, order.reports);
        return;
      case 'published':
        channels.onPublished(order);
        return;
      case 'close':
        void close();
        return;
      default:
        order satisfies never;
    }
  });
  send({ type: 'waiting' });
  return {
    // The primary reads the configuration and sends it to all processes.
    reload: () => undefined,
    close,
  };
}
