/** One of the processes that share the ports, as the primary keeps it running: a process that ends is replaced. */
import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { ConfigError } from '../../hive/config-error.js';
import type { HiveFacts } from '../start-line.js';
import { fromChild, type FromPrimary, type Notice, type StartOrder } from './messages.js';
import type { Report, ReportTopic } from './reports.js';

export interface ProcessSlotOptions {
  readonly log: Logger;
  /** The first order to a new process; called for each. */
  order(): StartOrder;
  /** The process listens, for the first time or again. */
  onListening(hives: readonly HiveFacts[]): void;
  /** The process asks how a hive is doing in all processes. */
  gather(hive: string, topic: ReportTopic): Promise<readonly Report[]>;
  /** The process has answered `report`. */
  onReport(id: string, report: Report | undefined): void;
  /** The process tells all others something. */
  onPublish(notice: Notice): void;
  /** No process can be kept running here, and none is started again. Called once. */
  onBroken(error: Error): void;
}

type Phase =
  | { readonly at: 'running'; readonly child: Worker; readonly startedAt: number }
  | { readonly at: 'pausing'; readonly timer: NodeJS.Timeout }
  | { readonly at: 'over' };

/** A process that ends within this time counts as one that could not start. */
const START_MS = 5_000;
/** After as many failed starts in a row there is no further one. */
const MAX_FAILED_STARTS = 5;
const FIRST_PAUSE_MS = 100;

export class ProcessSlot {
  readonly #options: ProcessSlotOptions;
  #phase: Phase;
  #failedStarts = 0;
  #hasListened = false;
  /** What the last process gave as the reason of its end. */
  #failure: Error | undefined;
  #isClosing = false;
  #onExit: (() => void)[] = [];

  /** Starts the first process. */
  constructor(options: ProcessSlotOptions) {
    this.#options = options;
    this.#phase = this.#fork();
  }

  /** Sends to the running process. False if none runs: the next one learns what it needs from its first order. */
  send(message: FromPrimary): boolean {
    if (this.#phase.at !== 'running') return false;
    send(this.#phase.child, message);
    return true;
  }

  /** Has the process drain and end; after `timeoutMs` it is killed. May be called twice. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    const phase = this.#phase;
    if (phase.at === 'pausing') clearTimeout(phase.timer);
    if (phase.at !== 'running') {
      this.#phase = { at: 'over' };
      return;
    }
    send(phase.child, { type: 'close' });
    const timer = setTimeout(() => this.kill(), timeoutMs).unref();
    await new Promise<void>((resolve) => this.#onExit.push(resolve));
    clearTimeout(timer);
  }

  kill(): void {
    if (this.#phase.at === 'running') this.#phase.child.process.kill('SIGKILL');
  }

  #fork(): Phase {
    const child = cluster.fork();
    let isOver = false;
    const end = (how: Readonly<Record<string, unknown>>) => {
      if (isOver) return;
      isOver = true;
      this.#replace({ ...how, child: child.process.pid });
    };
    child.on('message', (message: unknown) => this.#onMessage(child, message));
    child.on('exit', (code, signal) => end({ code, signal }));
    child.on('error', (err) => end({ err }));
    return { at: 'running', child, startedAt: performance.now() };
  }

  #onMessage(child: Worker, raw: unknown): void {
    const message = fromChild.parse(raw);
    switch (message.type) {
      case 'waiting':
        send(child, this.#isClosing ? { type: 'close' } : this.#options.order());
        return;
      case 'listening':
        this.#hasListened = true;
        this.#options.onListening(message.hives);
        return;
      case 'gather':
        void this.#options
          .gather(message.hive, message.topic)
          .then((reports) => send(child, { type: 'gathered', id: message.id, reports }));
        return;
      case 'reported':
        this.#options.onReport(message.id, message.report);
        return;
      case 'publish':
        this.#options.onPublish(message);
        return;
      case 'failed':
        this.#failure = message.isConfig ? new ConfigError(message.message) : new Error(message.message);
        return;
      default:
        message satisfies never;
    }
  }

  #replace(how: Readonly<Record<string, unknown>>): void {
    const ranMs = this.#phase.at === 'running' ? performance.now() - this.#phase.startedAt : 0;
    this.#phase = { at: 'over' };
    if (this.#isClosing) {
      for (const onExit of this.#onExit) onExit();
      return;
    }
    this.#failedStarts = ranMs < START_MS ? this.#failedStarts + 1 : 0;
    const failure = this.#failure;
    this.#failure = undefined;
    // What one process cannot do at the start (take the port) the next one cannot do either.
    if ((failure !== undefined && !this.#hasListened) || this.#failedStarts >= MAX_FAILED_STARTS) {
      this.#options.onBroken(failure ?? cannotStart());
      return;
    }
    const pauseMs = this.#failedStarts === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (this.#failedStarts - 1);
    const reason = failure === undefined ? {} : { reason: failure.message };
    this.#options.log.error({ ...how, ...reason, pauseMs }, 'a process ended, and is replaced');
    const timer = setTimeout(() => {
      this.#phase = this.#fork();
    }, pauseMs);
    this.#phase = { at: 'pausing', timer };
  }
}

/** A process that is ending does not receive it, and does not need to. */
function send(child: Worker, message: FromPrimary): void {
  if (child.isConnected()) child.send(message, () => undefined);
}

function cannotStart(): Error {
  return new Error(
    `a process ended as soon as it was started, ${MAX_FAILED_STARTS} times in a row: see the log for why, or start with --workers 1`,
  );
}
