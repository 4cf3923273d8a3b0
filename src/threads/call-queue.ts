/** The calls that wait for a thread: whose is next, and who gives way when there are too many. */

/** A call that waits. */
export interface QueuedCall {
  /** True: it goes before its caller's other calls, which give way before it does. */
  readonly goesFirst: boolean;
}

/** How many of a caller's calls that go first may begin one after the other before another of its calls that waits. */
const MAX_FIRST_IN_A_ROW = 4;

/** The calls of one caller. */
class CallerQueue<Call extends QueuedCall> {
  readonly #first: Call[] = [];
  readonly #others: Call[] = [];
  #firstInARow = 0;

  get length(): number {
    return this.#first.length + this.#others.length;
  }

  add(call: Call): void {
    (call.goesFirst ? this.#first : this.#others).push(call);
  }

  /** Takes the call that is next out of the queue. */
  shift(): Call | undefined {
    const isOthersTurn = this.#others.length > 0 && this.#firstInARow >= MAX_FIRST_IN_A_ROW;
    const call = isOthersTurn ? this.#others.shift() : (this.#first.shift() ?? this.#others.shift());
    this.#firstInARow = call?.goesFirst === true ? this.#firstInARow + 1 : 0;
    return call;
  }

  remove(call: Call): void {
    const calls = call.goesFirst ? this.#first : this.#others;
    const index = calls.indexOf(call);
    if (index !== -1) calls.splice(index, 1);
  }

  /** The newest of those that do not go first. */
  get newestOther(): Call | undefined {
    return this.#others.at(-1);
  }

  get newestFirst(): Call | undefined {
    return this.#first.at(-1);
  }
}

/** Callers take turns, and share the room. No call is in it twice. */
export class CallQueue<Call extends QueuedCall> {
  readonly #maxCalls: number;
  /** The caller whose turn is next stands first. None of the queues is empty. */
  readonly #callers = new Map<string, CallerQueue<Call>>();
  #length = 0;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Puts a call into the queue.
   * @returns the call that has to leave it where it is full, which may be this one
   */
  add(caller: string, call: Call): Call | undefined {
    const place = this.#length < this.#maxCalls ? undefined : this.#findPlace(caller, call.goesFirst);
    if (place === undefined && this.#length >= this.#maxCalls) return call;
    // Before the other leaves: a caller that makes room for itself keeps its turn.
    const queue = this.#callers.get(caller) ?? new CallerQueue<Call>();
    queue.add(call);
    this.#callers.set(caller, queue);
    this.#length++;
    if (place !== undefined) this.remove(...place);
    return place?.[1];
  }

  /** Takes a call out of the queue, if it is there. */
  remove(caller: string, call: Call): void {
    const queue = this.#callers.get(caller);
    if (queue === undefined) return;
    const before = queue.length;
    queue.remove(call);
    this.#length += queue.length - before;
    if (queue.length === 0) this.#callers.delete(caller);
  }

  /**
   * Takes the next call of the first caller that may begin one out of the queue. That caller then waits behind all others for its next.
   */
  take(mayBegin: (caller: string) => boolean): readonly [caller: string, call: Call] | undefined {
    for (const [caller, queue] of this.#callers) {
      if (!mayBegin(caller)) continue;
      const call = queue.shift();
      this.#callers.delete(caller);
      if (queue.length > 0) this.#callers.set(caller, queue);
      if (call === undefined) continue;
      this.#length--;
      return [caller, call];
    }
    return undefined;
  }

  /**
   * Who gives way to a new call in a full queue: the newest call of the caller that has most in it, and only of one that has more than
   * the new call's will then have. Calls that go first give way only where no other call can. They take the place of another call of
   * their own caller as well, or else that of a caller that has as many.
   */
  #findPlace(caller: string, goesFirst: boolean): readonly [caller: string, call: Call] | undefined {
    const own = this.#callers.get(caller);
    const callsThen = (own?.length ?? 0) + 1;
    const other = this.#newestOf((queue) => queue.newestOther, callsThen + 1);
    if (other !== undefined) return other;
    if (goesFirst) {
      if (own?.newestOther !== undefined) return [caller, own.newestOther];
      const equal = this.#newestOf((queue) => queue.newestOther, callsThen);
      if (equal !== undefined) return equal;
    }
    return this.#newestOf((queue) => queue.newestFirst, callsThen + 1);
  }

  /** Of the callers with at least so many calls, the one that has most; of equals, the last in turn. */
  #newestOf(
    newest: (queue: CallerQueue<Call>) => Call | undefined,
    minCalls: number,
  ): readonly [caller: string, call: Call] | undefined {
    let found: readonly [caller: string, call: Call] | undefined;
    let most = minCalls;
    for (const [caller, queue] of this.#callers) {
      const call = newest(queue);
      if (call === undefined || queue.length < most) continue;
      most = queue.length;
      found = [caller, call];
    }
    return found;
  }
}
