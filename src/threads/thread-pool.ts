/** A few threads that share the work which would hold up the event loop. Started when first needed, ended when idle. */
import { Fault } from '../core/fault.js';
import type { TurnSignal } from '../core/abort.js';
import type { Task } from './task.js';
import { TaskThread } from './task-thread.js';

export interface ThreadPoolLimits {
  readonly maxThreads: number;
  /** How many calls may wait for a thread. */
  readonly maxWaiting: number;
  /** How long one call may take, once it has its thread, in ms. */
  readonly deadlineMs: number;
  /** How long a thread is kept with nothing to do, in ms. */
  readonly idleMs: number;
}

export class ThreadPool {
  readonly #limits: ThreadPoolLimits;
  readonly #idle: TaskThread[] = [];
  /** Those who wait for a thread, in order; each is told that it may take one. */
  readonly #waiting = new Set<() => void>();
  #working = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(limits: ThreadPoolLimits) {
    this.#limits = limits;
  }

  /** How many threads there are. */
  get threads(): number {
    return this.#working + this.#idle.length;
  }

  /**
   * Runs a task in a thread, on copies; the memory of bytes in its input is taken away from the caller. Rejects with the
   * fault that the task threw, `timeout` after the deadline, `busy` if too many wait, or the signal's reason. Any other
   * error is a mistake of ours, or a thread that died; nothing is tried twice.
   */
  async run<Input, Output>(task: Task<Input, Output>, input: Input, signal: TurnSignal): Promise<Output> {
    signal.throwIfAborted();
    if (this.#working >= this.#limits.maxThreads) await this.#turn(signal);
    else this.#working++;
    const thread = this.#take();
    try {
      return await thread.call(task, input, this.#limits.deadlineMs, signal);
    } finally {
      this.#giveBack(thread);
    }
  }

  /** Resolves when another call has ended and left its place to this one. */
  #turn(signal: TurnSignal): Promise<void> {
    if (this.#waiting.size >= this.#limits.maxWaiting) throw tooBusy();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(begin);
        reject(signal.reason);
      };
      const begin = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort);
      this.#waiting.add(begin);
    });
  }

  #take(): TaskThread {
    clearTimeout(this.#idleTimer);
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (!idle.isOver) return idle;
    return new TaskThread();
  }

  #giveBack(thread: TaskThread): void {
    if (!thread.isOver) this.#idle.push(thread);
    const [next] = this.#waiting;
    if (next) {
      this.#waiting.delete(next);
      next();
      return;
    }
    this.#working--;
    this.#idleTimer?.close();
    this.#idleTimer = setTimeout(() => this.#endIdle(), this.#limits.idleMs).unref();
  }

  #endIdle(): void {
    for (const thread of this.#idle.splice(0)) thread.terminate();
  }
}

function tooBusy(): Fault {
  return new Fault('busy', 'too many large requests are being read: try again in a moment', {
    retryAfterSeconds: 1,
  });
}
