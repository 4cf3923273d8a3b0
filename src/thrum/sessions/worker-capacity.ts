/**
 * Which of our sids hold one of the processes of a worker, and who waits for one. hum's claude workers keep at most 8: a ninth sid
 * would end the one that was used least recently, in the middle of its answer or not
 * (src/thrum/README.md, "The claude-cli worker").
 */
import type { TurnSignal } from '../../core/abort.js';
import { type WaitingLimits, WaitingLine } from '../../turns/waiting-line.js';

/** Read at each use. */
export interface WorkerLimits extends WaitingLimits {
  /** How many rooms the workers of a kind have for us; a kind that is not in it has no limit. */
  readonly turnsPerWorker: Readonly<Record<string, number>>;
}

export interface WorkerCapacityOptions {
  readonly limits: WorkerLimits;
  /** The kinds of the workers that serve a model now; none where nobody knows. */
  kindsOf(modelId: string): readonly string[];
  /** Lets go of the oldest session that is only kept for a next request, of those that `isMeant` says. False: there is none. */
  letGoKept(isMeant: (sid: string) => boolean): boolean;
  /** Ends the oldest parked turn of those that `isMeant` says, whose room is free once its worker says so. */
  endParked(isMeant: (sid: string) => boolean): void;
}

/** Kinds whose workers keep the process of a sid, and may go on with a turn that was told to stop (src/thrum/README.md, "The claude-cli worker"). */
const KEEPS_PROCESSES: ReadonlySet<string> = new Set(['claude-cli', 'claude-repl']);
/** How many such turns may go on beside others, before these wait for them. */
const MAX_LEAVING = 8;
/**
 * How long a process that was told to end takes its place, in ms. A worker that kills it says nothing when it is gone, and would end the
 * least recently used process for a prompt that comes before that.
 */
const EXIT_MS = 250;
/** The same for one that was starting: it is told to end once more when it is up. In ms. */
const START_MS = 5_000;

interface Room {
  readonly kinds: readonly string[];
  /** Its worker has been told to end its turn, and has not said yet that it did. */
  isLeaving: boolean;
  /** Until when its process may take its place at the worker, once that was told to end it: in ms on the monotonic clock. */
  exitsAt: number;
}

/** What somebody waits for. */
interface Wish {
  readonly sid: string;
  readonly kinds: readonly string[];
}

export class WorkerCapacity {
  readonly #options: WorkerCapacityOptions;
  /** Made for the first turn that has to wait. */
  #line: WaitingLine<Wish> | undefined;
  readonly #rooms = new Map<string, Room>();
  /** How many rooms there are of each kind. */
  readonly #counts = new Map<string, number>();
  /** Rooms of sids that are over whose processes may not be gone yet. */
  #exiting: Room[] = [];
  /** Looks again when the next process is gone; only while turns wait. */
  #timer: NodeJS.Timeout | undefined;
  #isServing = false;

  constructor(options: WorkerCapacityOptions) {
    this.#options = options;
  }

  /** How many turns wait for a room. */
  get waiting(): number {
    return this.#line?.size ?? 0;
  }

  /** How many rooms are taken, of kinds that have only so many. */
  get taken(): number {
    return this.#rooms.size;
  }

  /**
   * Gives a room to `sid`, which may have one already; whoever takes one sees to it that it is freed. Where all are taken, a
   * session that is only kept is let go, else the oldest parked turn is ended and its end waited for, else whatever ends
   * first. Waits as long as its client does; undefined where there is nothing to wait for. Resolves in the order of the line; rejects
   * with `busy` if that is full, or with the signal's reason.
   */
  take(sid: string, modelId: string, signal: TurnSignal): Promise<void> | undefined {
    if (this.#rooms.has(sid)) return undefined;
    const kinds = this.#options.kindsOf(modelId);
    if (kinds.every((kind) => this.#limitOf(kind) === undefined)) return undefined;
    const wish = { sid, kinds };
    const now = performance.now();
    if (!this.#isAwaited(wish.kinds) && this.#hasRoom(wish.kinds, now)) {
      this.#hold(wish, now);
      return undefined;
    }
    return this.#wait(wish, signal);
  }

  async #wait(wish: Wish, signal: TurnSignal): Promise<void> {
    this.#line ??= new WaitingLine(this.#options.limits);
    const admitted = this.#line.join(wish, signal, Number.POSITIVE_INFINITY);
    this.#serve();
    try {
      await admitted;
    } catch (error) {
      // Others may have waited only because this one came first.
      this.#serve();
      throw error;
    }
  }

  /** The worker has been told to stop the turn. `isStarting`: it may not have heard that, and is told once more. */
  leaving(sid: string, isStarting: boolean): void {
    const room = this.#rooms.get(sid);
    if (!room) return;
    room.isLeaving = true;
    this.#exits(room, isStarting ? START_MS : EXIT_MS);
    this.#serve();
  }

  /** The turn is over, and the worker has been told to end its idle process. */
  ending(sid: string): void {
    const room = this.#rooms.get(sid);
    if (room) this.#exits(room, EXIT_MS);
  }

  /** Nothing of ours is left of this sid at the worker. */
  free(sid: string): void {
    const room = this.#rooms.get(sid);
    if (!room) return;
    this.#rooms.delete(sid);
    this.#count(room.kinds, -1);
    if (room.exitsAt > performance.now()) this.#exiting.push(room);
    this.#serve();
  }

  /** No room will be free any more for those that wait. */
  refuseAll(error: Error): void {
    this.#line?.refuseAll(error);
  }

  /** A room may be had now that could not be had before: its turn was parked, or its session is only kept. */
  becameIdle(): void {
    this.#serve();
  }

  /** Lets those go on who can, in order: nobody overtakes one who waits for a room of the same kind. */
  #serve(): void {
    // What is let go here frees its room, which leads here again.
    if (this.#isServing || this.#line === undefined) return;
    this.#isServing = true;
    // One time for all: what is waited for now is what the timer is set for.
    const now = performance.now();
    const awaited = new Set<string>();
    for (const wish of this.#line) {
      const isNext = !wish.kinds.some((kind) => awaited.has(kind));
      if (!isNext || !this.#makeRoom(wish.kinds, now)) {
        for (const kind of wish.kinds) awaited.add(kind);
        continue;
      }
      this.#hold(wish, now);
      this.#line.admit(wish);
    }
    this.#isServing = false;
    this.#serveLater(now);
  }

  /** Looks again when the next process that was told to end is gone: nothing else says so. */
  #serveLater(now: number): void {
    clearTimeout(this.#timer);
    if (this.waiting === 0) return;
    const [next] = [...this.#exiting, ...this.#rooms.values()]
      .filter(({ exitsAt }) => exitsAt > now)
      .sort((one, other) => one.exitsAt - other.exitsAt);
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.#serve(), Math.ceil(next.exitsAt - now));
  }

  /** False: it takes until a room is free. One parked turn is ended for each turn that waits. */
  #makeRoom(kinds: readonly string[], now: number): boolean {
    if (this.#hasRoom(kinds, now)) return true;
    for (const kind of kinds) {
      if (this.#hasRoomOf(kind, now) || this.#isOneExiting(kind, now)) continue;
      if (KEEPS_PROCESSES.has(kind) || this.#countLeaving(kind) === 0)
        this.#options.endParked((sid) => this.#isOf(sid, kind));
    }
    return this.#hasRoom(kinds, now);
  }

  /** Lets go of what is only kept, where that makes room. */
  #hasRoom(kinds: readonly string[], now: number): boolean {
    return kinds.every((kind) => {
      while (!this.#hasRoomOf(kind, now))
        if (this.#isOneExiting(kind, now) || !this.#letGoKept(kind)) return false;
      return true;
    });
  }

  #letGoKept(kind: string): boolean {
    return this.#options.letGoKept((sid) => this.#isOf(sid, kind));
  }

  /** Turns that were told to stop may run on at a worker that ignores it, beside others; too many of these are waited for. */
  #hasRoomOf(kind: string, now: number): boolean {
    const limit = this.#limitOf(kind);
    if (limit === undefined) return true;
    const count = this.#counts.get(kind) ?? 0;
    this.#forgetGone(now);
    const exiting = this.#exiting.filter(({ kinds }) => kinds.includes(kind)).length;
    if (count + exiting < limit) return true;
    if (!KEEPS_PROCESSES.has(kind)) return false;
    return this.#countLeaving(kind) <= MAX_LEAVING && count + exiting - this.#countGoingOn(kind, now) < limit;
  }

  #limitOf(kind: string): number | undefined {
    const { turnsPerWorker } = this.#options.limits;
    return Object.hasOwn(turnsPerWorker, kind) ? turnsPerWorker[kind] : undefined;
  }

  /** True if a process was told to end and may take its place for a moment yet: that is waited for before another is ended. */
  #isOneExiting(kind: string, now: number): boolean {
    const isIt = ({ kinds, exitsAt }: Room) => exitsAt > now && kinds.includes(kind);
    return this.#exiting.some(isIt) || [...this.#rooms.values()].some(isIt);
  }

  #countLeaving(kind: string): number {
    let leaving = 0;
    for (const room of this.#rooms.values()) if (room.isLeaving && room.kinds.includes(kind)) leaving++;
    return leaving;
  }

  /** How many turns were told to stop so long ago that their worker must ignore it. */
  #countGoingOn(kind: string, now: number): number {
    let goingOn = 0;
    for (const { isLeaving, exitsAt, kinds } of this.#rooms.values())
      if (isLeaving && exitsAt <= now && kinds.includes(kind)) goingOn++;
    return goingOn;
  }

  #exits(room: Room, ms: number): void {
    if (room.kinds.some((kind) => KEEPS_PROCESSES.has(kind))) room.exitsAt = performance.now() + ms;
  }

  #forgetGone(now: number): void {
    if (this.#exiting.length > 0) this.#exiting = this.#exiting.filter(({ exitsAt }) => exitsAt > now);
  }

  #isAwaited(kinds: readonly string[]): boolean {
    if (this.#line === undefined || this.#line.size === 0) return false;
    for (const wish of this.#line) if (wish.kinds.some((kind) => kinds.includes(kind))) return true;
    return false;
  }

  #isOf(sid: string, kind: string): boolean {
    return this.#rooms.get(sid)?.kinds.includes(kind) === true;
  }

  #hold({ sid, kinds }: Wish, now: number): void {
    this.#rooms.set(sid, { kinds, isLeaving: false, exitsAt: 0 });
    this.#count(kinds, 1);
    // The next turn would have to wait until the process of a kept session is gone: that is ended now.
    for (const kind of kinds)
      if (KEEPS_PROCESSES.has(kind) && !this.#hasRoomOf(kind, now) && !this.#isOneExiting(kind, now))
        this.#letGoKept(kind);
  }

  #count(kinds: readonly string[], by: 1 | -1): void {
    for (const kind of kinds) {
      const count = (this.#counts.get(kind) ?? 0) + by;
      if (count === 0) this.#counts.delete(kind);
      else this.#counts.set(kind, count);
    }
  }
}
