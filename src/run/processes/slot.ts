/** One place for a worker process: the process that ends is replaced by another. */
import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { ConfigError } from '../../hive/config-error.js';
import type { Report, Topic } from './all-processes.js';
import type { HiveFacts } from '../hive-facts.js';
import { fromWorker, type StartOrder, type ToWorker } from './messages.js';

export interface WorkerSlotOptions {
  readonly log: Logger;
  /** What a new process is told to do; asked for each. */
  order(): StartOrder;
  /** It answers, for the first time or again. */
  onListening(hives: readonly HiveFacts[]): void;
  /** It wants to know how a hive is doing in all processes, by way of `answer`. */
  onGather(
    question: { readonly hive: string; readonly topic: Topic },
    answer: (reports: readonly Report[]) => void,
  ): void;
  /** It has answered `report`. */
  onReport(id: string, report: Report | undefined): void;
  /** It cannot be kept running, and is no longer tried. Called once. */
  onBroken(error: Error): void;
}

type Phase =
  | { readonly at: 'running'; readonly worker: Worker; readonly since: number }
  | { readonly at: 'pausing'; readonly timer: NodeJS.Timeout }
  | { readonly at: 'over' };

/** A process that ends sooner has ended at once. */
const QUICK_MS = 5_000;
/** So many times in a row, and it is of no use to go on. */
const MAX_QUICK_ENDS = 5;
const FIRST_PAUSE_MS = 100;

export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  #phase: Phase;
  #quickEnds = 0;
  #hasListened = false;
  /** What the last process said before it ended. */
  #failure: Error | undefined;
  #isClosing = false;
  #onGone: (() => void)[] = [];

  /** Starts the first process. */
  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.#phase = this.#fork();
  }

  /** Says something to the process that runs; one that is still to come is told by its order. False: none runs. */
  tell(message: ToWorker): boolean {
    if (this.#phase.at !== 'running') return false;
    send(this.#phase.worker, message);
    return true;
  }

  /** Has the process drain and end; it is killed if that has not happened after `deadlineMs`. May be called twice. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    const phase = this.#phase;
    if (phase.at === 'pausing') clearTimeout(phase.timer);
    if (phase.at !== 'running') {
      this.#phase = { at: 'over' };
      return;
    }
    send(phase.worker, { type: 'close' });
    const timer = setTimeout(() => this.kill(), deadlineMs).unref();
    await new Promise<void>((resolve) => this.#onGone.push(resolve));
    clearTimeout(timer);
  }

  kill(): void {
    if (this.#phase.at === 'running') this.#phase.worker.process.kill('SIGKILL');
  }

  #fork(): Phase {
    const worker = cluster.fork();
    let isOver = false;
    const end = (how: Readonly<Record<string, unknown>>) => {
      if (isOver) return;
      isOver = true;
      this.#replace({ ...how, worker: worker.process.pid });
    };
    worker.on('message', (message: unknown) => this.#hear(worker, message));
    worker.on('exit', (code, signal) => end({ code, signal }));
    worker.on('error', (err) => end({ err }));
    return { at: 'running', worker, since: performance.now() };
  }

  #hear(worker: Worker, message: unknown): void {
    const said = fromWorker.parse(message);
    switch (said.type) {
      case 'waiting':
        send(worker, this.#isClosing ? { type: 'close' } : this.#options.order());
        return;
      case 'listening':
        this.#hasListened = true;
        this.#options.onListening(said.hives);
        return;
      case 'gather':
        this.#options.onGather(said, (reports) => send(worker, { type: 'gathered', id: said.id, reports }));
        return;
      case 'reported':
        this.#options.onReport(said.id, said.report);
        return;
      case 'failed':
        this.#failure = said.isConfig ? new ConfigError(said.message) : new Error(said.message);
        return;
      default:
        said satisfies never;
    }
  }

  #replace(how: Readonly<Record<string, unknown>>): void {
    const livedMs = this.#phase.at === 'running' ? performance.now() - this.#phase.since : 0;
    this.#phase = { at: 'over' };
    if (this.#isClosing) {
      for (const tell of this.#onGone) tell();
      return;
    }
    this.#quickEnds = livedMs < QUICK_MS ? this.#quickEnds + 1 : 0;
    const failure = this.#failure;
    this.#failure = undefined;
    // What one process cannot do at the start (take the port) the next one cannot do either.
    if ((failure !== undefined && !this.#hasListened) || this.#quickEnds >= MAX_QUICK_ENDS) {
      this.#options.onBroken(failure ?? endsAtOnce());
      return;
    }
    const pauseMs = this.#quickEnds === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (this.#quickEnds - 1);
    const reason = failure === undefined ? {} : { reason: failure.message };
    this.#options.log.error({ ...how, ...reason, pauseMs }, 'a worker process ended, and is replaced');
    const timer = setTimeout(() => {
      this.#phase = this.#fork();
    }, pauseMs);
    this.#phase = { at: 'pausing', timer };
  }
}

/** What a process that is ending does not hear any more needs no saying. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

function endsAtOnce(): Error {
  return new Error(
    `a worker process ended as soon as it was started, ${MAX_QUICK_ENDS} times in a row: see the log for why, or start with --workers 1`,
  );
}
