/** A few threads that share the work which would hold up the event loop. Started when first needed, ended when idle. */
import { Fault } from '../core/fault.js';
import { NEVER_ABORTED, type TurnSignal } from '../core/abort.js';
import { CallQueue, type QueuedCall } from './call-queue.js';
import type { Task } from './task.js';
import { TaskThread } from './task-thread.js';

export interface ThreadPoolLimits {
  /** How many threads work at once. One more is started for a caller that has none of them while others have all. */
  readonly maxThreads: number;
  /** How many calls may wait for a thread. */
  readonly maxWaiting: number;
  /** How long one call may wait for its thread, in ms. */
  readonly maxWaitMs: number;
  /** How long one call may work in its thread, in ms of that thread's own time where the system tells it. */
  readonly deadlineMs: number;
  /** How long a thread is kept with nothing to do, in ms. */
  readonly idleMs: number;
  /** What the calls do, for the fault of one that finds no room. */
  readonly work?: string;
}

export interface CallOptions {
  /** In the place of the pool's. */
  readonly deadlineMs?: number;
  /** True: a signal that aborts ends the wait for a thread, and not a call that has begun, whose thread would end with it. */
  readonly runsOn?: boolean;
  /** Called when the thread is there; what it throws ends the call before it has begun. */
  readonly check?: () => void;
  /** True: it goes before the caller's other calls that wait, most of the time. For what belongs to a turn that has cost a prompt. */
  readonly goesFirst?: boolean;
}

interface Waiting extends QueuedCall {
  /** It may begin; the pool has counted it as working. */
  begin(): void;
  refuse(fault: Fault): void;
}

/** Threads go round over those who ask for them, so that a caller with many calls takes no more than its share. */
export class ThreadPool {
  readonly #limits: ThreadPoolLimits;
  readonly #idle: TaskThread[] = [];
  /** How many calls of each caller have a thread. */
  readonly #working = new Map<string, number>();
  readonly #queue: CallQueue<Waiting>;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(limits: ThreadPoolLimits) {
    this.#limits = limits;
    this.#queue = new CallQueue(limits.maxWaiting);
  }

  /** How many threads there are. */
  get threads(): number {
    return this.working + this.#idle.length;
  }

  /** How many calls have a thread. */
  get working(): number {
    let count = 0;
    for (const calls of this.#working.values()) count += calls;
    return count;
  }

  /** How many calls wait for one. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Runs a task in a thread, on copies; the memory of bytes in its input is taken away from the caller. Rejects with the
   * fault that the task threw, `timeout` after the deadline, `busy` if too many wait or it waited for too long, or the
   * signal's reason, which frees its thread and its place in the queue at once. Any other error is a mistake of ours, or a
   * thread that died; nothing is tried twice.
   * @param caller whose share of the threads this takes: the id of a key, an address
   */
  async run<Input, Output>(
    task: Task<Input, Output>,
    input: Input,
    signal: TurnSignal,
    caller = signal.client ?? '',
    { deadlineMs = this.#limits.deadlineMs, runsOn = false, check, goesFirst = false }: CallOptions = {},
  ): Promise<Output> {
    signal.throwIfAborted();
    if (this.#mayBegin(caller)) this.#count(caller, 1);
    else await this.#wait(caller, signal, goesFirst);
    let thread: TaskThread | undefined;
    try {
      check?.();
      thread = this.#take();
      return await thread.call(task, input, deadlineMs, runsOn ? NEVER_ABORTED : signal);
    } finally {
      this.#giveBack(thread, caller);
    }
  }

  #mayBegin(caller: string): boolean {
    const { working } = this;
    const { maxThreads } = this.#limits;
    return working < maxThreads || (working === maxThreads && !this.#working.has(caller));
  }

  #count(caller: string, change: 1 | -1): void {
    const calls = (this.#working.get(caller) ?? 0) + change;
    if (calls > 0) this.#working.set(caller, calls);
    else this.#working.delete(caller);
  }

  /** Resolves when another call has ended and left its place to this one. */
  #wait(caller: string, signal: TurnSignal, goesFirst: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const call: Waiting = {
        goesFirst,
        begin: () => {
          leave();
          resolve();
        },
        refuse: (fault) => {
          leave();
          reject(fault);
        },
      };
      const onAbort = () => {
        this.#queue.remove(caller, call);
        leave();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        this.#queue.remove(caller, call);
        call.refuse(this.#tooBusy());
      }, this.#limits.maxWaitMs);
      signal.addEventListener('abort', onAbort);
      this.#queue.add(caller, call)?.refuse(this.#tooBusy());
    });
  }

  #take(): TaskThread {
    clearTimeout(this.#idleTimer);
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (!idle.isOver) return idle;
    return new TaskThread();
  }

  #giveBack(thread: TaskThread | undefined, caller: string): void {
    if (thread?.isOver === false) this.#idle.push(thread);
    this.#count(caller, -1);
    this.#beginNext();
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#endIdle(), this.#limits.idleMs).unref();
  }

  /** More than one may begin: who has none of the threads gets one more where others have all. */
  #beginNext(): void {
    const take = () => this.#queue.take((caller) => this.#mayBegin(caller));
    for (let next = take(); next !== undefined; next = take()) {
      const [caller, call] = next;
      this.#count(caller, 1);
      call.begin();
    }
  }

  #endIdle(): void {
    for (const thread of this.#idle.splice(0)) thread.terminate();
  }

  #tooBusy(): Fault {
    const { work = 'large requests are being read' } = this.#limits;
    return new Fault('busy', `too many ${work}: try again in a moment`, { retryAfterSeconds: 1 });
  }
}
