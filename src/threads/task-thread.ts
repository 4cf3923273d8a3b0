/** One thread of the pool, as the event loop sees it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Fault, type FaultFacts } from '../core/fault.js';
import type { TurnSignal } from '../core/abort.js';
import { Assembly, type Step, toPieces, transferables } from './pieces.js';
import { isShortage, readThreadTime } from './system.js';
import { compiledModule, type Task } from './task.js';

/** What a thread is told. It has one call at a time. */
export type ToThread =
  /** A part of the input. */
  | { readonly type: 'input'; readonly steps: readonly Step[] }
  /** The input is whole: call the export `name` of the module at `module`. */
  | { readonly type: 'call'; readonly module: string; readonly name: string }
  /** The last part of the output has been taken: the next may come. */
  | { readonly type: 'next' };

/** How long a thread has worked. */
export interface ThreadTime {
  /** Where that can be read again. */
  readonly file: string;
  readonly ms: number | undefined;
}

/** What a thread answers. */
export type FromThread =
  /** What is called has been loaded, and is called now. `time`: how long the thread has worked until then, and where to read that. */
  | { readonly type: 'begun'; readonly time: ThreadTime | undefined }
  | { readonly type: 'output'; readonly steps: readonly Step[] }
  /** The output is whole. */
  | { readonly type: 'done' }
  /** What the call threw, if it is one of our faults. */
  | { readonly type: 'fault'; readonly facts: FaultFacts }
  /** The system has not enough of something for what is called to be loaded; nothing can be loaded in this thread again. */
  | { readonly type: 'shortage'; readonly code: string }
  /** Anything else that it threw. */
  | { readonly type: 'mistake'; readonly name: string; readonly stack: string };

/** How long a thread may take to start, and to be told its call, in ms. */
const START_MS = 20_000;
/** For how long a thread that has a deadline may have had no core to work on, in ms. */
const MAX_STALL_MS = 2_000;

const PROGRAM = new URL(compiledModule(new URL('./thread.js', import.meta.url).href));

export class TaskThread {
  readonly #worker = startWorker();
  #isOver = false;

  /** Throws `busy` where the system starts no thread. */
  constructor() {
    this.#worker.unref();
    // A call that is under way has listeners of its own for both.
    this.#worker.on('error', () => {
      this.#isOver = true;
    });
    this.#worker.on('exit', () => {
      this.#isOver = true;
    });
  }

  /** True once no more calls can be made. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Makes one call; the next may be made when it has settled. Rejects with the fault that it threw, `timeout` once it has
   * worked for `deadlineMs`, `busy` if the system had not enough for it to start, or the signal's reason: the last three end the
   * thread, since nothing else stops what runs in it.
   */
  async call<Input, Output>(
    task: Task<Input, Output>,
    input: Input,
    deadlineMs: number,
    signal: TurnSignal,
  ): Promise<Output> {
    const output = this.#awaitOutput(deadlineMs, signal);
    output.catch(() => undefined);
    for (const steps of toPieces(input)) {
      if (this.#isOver) break;
      this.#send({ type: 'input', steps }, transferables(steps));
      // One piece a turn; there is always at least one turn, so that what is called never answers too soon.
      await nextTurn();
    }
    this.#send({ type: 'call', module: compiledModule(task.module), name: task.name });
    // The thread called this task's own function with a copy of its own input.
    return (await output) as Output;
  }

  terminate(): void {
    this.#isOver = true;
    void this.#worker.terminate();
  }

  #awaitOutput(deadlineMs: number, signal: TurnSignal): Promise<unknown> {
    const output = new Assembly();
    const listening = new AbortController();
    return new Promise<unknown>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const giveUpAfter = (ms: number, leftMs: () => number) => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          const left = leftMs();
          if (left > 0) giveUpAfter(left, leftMs);
          else this.#giveUp(reject, tooLong(deadlineMs));
        }, Math.ceil(ms));
      };
      const onMessage = (message: FromThread) => {
        switch (message.type) {
          case 'begun':
            giveUpAfter(deadlineMs, leftOf(deadlineMs, message.time));
            break;
          case 'output':
            output.take(message.steps);
            // In a turn of its own, however fast the thread is.
            setImmediate(() => this.#send({ type: 'next' }));
            break;
          case 'done':
            resolve(output.value);
            break;
          case 'fault':
            reject(Fault.fromFacts(message.facts));
            break;
          case 'shortage':
            this.#giveUp(reject, cannotStart(message.code));
            break;
          case 'mistake':
            reject(new Error(`a thread failed with ${message.name}`, { cause: message.stack }));
            break;
          default:
            message satisfies never;
        }
      };
      const onEnd = (cause?: unknown) =>
        reject(
          isShortage(cause)
            ? cannotStart(cause.code)
            : new Error('a thread ended in the middle of its work', { cause }),
        );
      const onAbort = () => this.#giveUp(reject, signal.reason);
      giveUpAfter(Math.max(START_MS, deadlineMs), () => 0);
      this.#worker.on('message', onMessage);
      this.#worker.once('error', onEnd);
      this.#worker.once('exit', onEnd);
      signal.addEventListener('abort', onAbort);
      listening.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        this.#worker.off('message', onMessage);
        this.#worker.off('error', onEnd);
        this.#worker.off('exit', onEnd);
        signal.removeEventListener('abort', onAbort);
      });
    }).finally(() => listening.abort());
  }

  #giveUp(reject: (reason: unknown) => void, reason: unknown): void {
    this.terminate();
    reject(reason);
  }

  #send(message: ToThread, memory: readonly ArrayBuffer[] = []): void {
    if (!this.#isOver) this.#worker.postMessage(message, memory);
  }
}

/** Without our own flags: a test runner's are not for a thread. */
function startWorker(): Worker {
  try {
    return new Worker(PROGRAM, { execArgv: [] });
  } catch (error) {
    throw isShortage(error) ? cannotStart(error.code) : error;
  }
}

function cannotStart(code: string): Fault {
  const message = `the system has no thread for a large request now (${code}): try again in a moment`;
  return new Fault('busy', message, { retryAfterSeconds: 1 });
}

/** From now on: how much of a deadline is left, in ms. */
function leftOf(deadlineMs: number, time: ThreadTime | undefined): () => number {
  const end = performance.now() + deadlineMs + MAX_STALL_MS;
  return () => Math.min(deadlineMs - workedSince(time), end - performance.now());
}

/** How long the thread has worked, in ms; infinite where the system does not tell. */
function workedSince(time: ThreadTime | undefined): number {
  const now = time === undefined ? undefined : readThreadTime(time.file);
  return now === undefined || time?.ms === undefined ? Number.POSITIVE_INFINITY : now - time.ms;
}

function tooLong(ms: number): Fault {
  return new Fault('timeout', `the request is too large to be read within ${ms / 1000} s`);
}
