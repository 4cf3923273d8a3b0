/** A few threads that share the work which would hold up the event loop. Started when first needed, ended when idle. */
import { Fault } from '../core/fault.js';
import { NEVER_ABORTED, type TurnSignal } from '../core/abort.js';
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
  /** True: it goes before the caller's other calls that wait. For what belongs to a turn that has cost a prompt already. */
  readonly goesFirst?: boolean;
}

/** A call that waits for a thread. */
interface Waiting {
  readonly goesFirst: boolean;
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
  /** The calls of each caller that wait, oldest first. The caller whose turn is next stands first. */
  readonly #waiting = new Map<string, Waiting[]>();
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(limits: ThreadPoolLimits) {
    this.#limits = limits;
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
    let count = 0;
    for (const calls of this.#waiting.values()) count += calls.length;
    return count;
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
    this.#makeRoom(caller, goesFirst);
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
        this.#remove(caller, call);
        leave();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        this.#remove(caller, call);
        call.refuse(this.#tooBusy());
      }, this.#limits.maxWaitMs);
      signal.addEventListener('abort', onAbort);
      const calls = this.#waiting.get(caller);
      if (calls === undefined) this.#waiting.set(caller, [call]);
      else if (goesFirst) calls.splice(calls.filter((other) => other.goesFirst).length, 0, call);
      else calls.push(call);
    });
  }

  /**
   * A full queue loses the newest call of the caller that has most in it, be it this one: then it throws `busy`. Calls that go before
   * the others are lost last.
   */
  #makeRoom(caller: string, goesFirst: boolean): void {
    if (this.waiting < this.#limits.maxWaiting) return;
    const own = this.#waiting.get(caller)?.length ?? 0;
    const [most, calls] = [...this.#waiting].reduce(longer, ['', []]);
    const last = goesFirst || calls.length > own + 1 ? calls.at(-1) : undefined;
    if (last === undefined || last.goesFirst) throw this.#tooBusy();
    this.#remove(most, last);
    last.refuse(this.#tooBusy());
  }

  #remove(caller: string, call: Waiting): void {
    const left = (this.#waiting.get(caller) ?? []).filter((waiting) => waiting !== call);
    if (left.length > 0) this.#waiting.set(caller, left);
    else this.#waiting.delete(caller);
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

  /** The first caller that may begin, which then waits behind all others for its next call. */
  #beginNext(): void {
    for (const [caller, [first, ...rest]] of this.#waiting) {
      if (first === undefined || !this.#mayBegin(caller)) continue;
      this.#waiting.delete(caller);
      if (rest.length > 0) this.#waiting.set(caller, rest);
      this.#count(caller, 1);
      first.begin();
      return;
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

type Queue = readonly [caller: string, calls: readonly Waiting[]];

function longer(one: Queue, other: Queue): Queue {
  return other[1].length > one[1].length ? other : one;
}
