/**
 * All turns that share one link: routes tones to them by sid, watches their time limits, and carries out what their changes of state
 * ask for. `cancel` and `cleanup` are sent from here and from nowhere else. One sweep serves all turns and one timer all windows
 * for further calls; a turn without a tool call has no timer.
 */
import type { Logger } from 'pino';
import type { TurnSignal } from '../../core/abort.js';
import { Fault } from '../../core/fault.js';
import { TransientMap } from '../../core/transient-map.js';
import { type Departure, LINE_DROPPED, type SentTone, type Tone } from '../link/tone-codec.js';
import type { SlowReaders } from '../../core/slow-readers.js';
import type { BufferBudget } from './buffer-budget.js';
import type { TurnFacts } from './read-tones.js';
import { Turn } from './turn.js';
import type { Effect, TurnState } from './turn-state.js';

/** Read at each use. */
export interface TurnsLimits {
  /** How long a turn may go without a tone, in ms. */
  readonly turnTimeoutMs: number;
  /** How long a prompt may go without an echo or a tone, in ms. */
  readonly promptTimeoutMs: number;
  /** How long a worker that greets may take until it says anything, in ms. */
  readonly startTimeoutMs: number;
  /** How long a waiting worker may add further calls before the turn is closed, in ms. */
  readonly gatherWindowMs: number;
  /** How many bytes of one turn may wait for its client. */
  readonly maxBufferBytes: number;
  /** How many bytes of an answer may be kept, where all of it has to be. */
  readonly maxAnswerBytes: number;
}

/** Tones that were passed over, by reason. */
export interface IgnoredTones {
  unknownChi: number;
  /** Of a sid that is not open here, or with no sid at all. */
  foreignSid: number;
}

export interface TurnsOptions {
  readonly limits: TurnsLimits;
  /** What may wait for all clients. */
  readonly budget: BufferBudget;
  readonly slowReaders?: SlowReaders | undefined;
  readonly createRid: () => string;
  send(tone: SentTone, departure?: Departure): void;
  /** Is offered a `tool-result` of no turn here. False: nothing waits for it. */
  acceptToolResult(tone: Tone): boolean;
  /** Is told that a line of no turn here was dropped for its length. */
  onResultLost(tone: Tone, fault: Fault): void;
  /** Is told of an `echo` that says no to something else than a prompt or a result. */
  onRefusal(tone: Tone): void;
  /** Answers a call of a tool that our hello lists and that `turn`, that of its sid if there is one, did not bring. False: it is none. */
  refuseForeignCall(tone: Tone, turn: Turn | undefined): boolean;
  /** Answers a call of a turn whose client has gone. */
  refuseLateCall(tone: Tone): void;
  /** A turn is closed on its calls: until when may its worker wait for their results? Undefined: not at all. */
  park(turn: Turn): number | undefined;
  /** What a change of state asks of others than the wire. */
  onEffect(turn: Turn, effect: Exclude<Effect, 'send-cancel' | 'send-cleanup'>): void;
  /** True while bytes of ours still wait to leave: a prompt of many megabytes takes its time. */
  hasUnsent(): boolean;
  /** A prompt of which nothing came is given up, and its cancel is on the wire. */
  onPromptLost(): void;
  readonly log: Logger;
  /** Called about once a second while there are turns, with the time in ms on the monotonic clock. */
  onSweep(now: number): void;
}

const SWEEP_MS = 1_000;

export class LinkTurns {
  readonly ignored: IgnoredTones = { unknownChi: 0, foreignSid: 0 };
  /** How many turns were told to stop. */
  cancels = 0;
  readonly #options: TurnsOptions;
  readonly #limits: TurnsLimits;
  /** Those that are at a worker; not those whose session is only kept. */
  readonly #turns = new TransientMap<string, Turn>();
  /** How many reads have been taken. */
  #reads = 0;
  /** What humd has to echo yet, by rid. */
  readonly #unheard = new TransientMap<string, Turn>();
  /** Turns with calls that the client has been given, which the gather timer looks at. */
  readonly #calling = new Set<Turn>();
  /** The sids that were open when the link broke: humd does not tell their workers, which would go on for no client. */
  #leftBehind: readonly string[] = [];
  #gather: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#limits = options.limits;
  }

  /** How many sids are open: running, parked, or awaiting their worker's finish. */
  get size(): number {
    return this.#turns.size;
  }

  /** How many turns a client waits for. */
  get running(): number {
    let running = 0;
    for (const turn of this.#turns.values()) if (turn.isRunning) running++;
    return running;
  }

  /** How many turns are in a state. */
  countOf(at: TurnState['at']): number {
    let count = 0;
    for (const turn of this.#turns.values()) if (turn.state.at === at) count++;
    return count;
  }

  /** A turn of which nothing has been sent yet. It is given up when `signal` aborts. */
  create(sid: string, signal: TurnSignal): Turn {
    return new Turn(
      {
        sid,
        maxBufferBytes: this.#limits.maxBufferBytes,
        maxAnswerBytes: this.#limits.maxAnswerBytes,
        budget: this.#options.budget,
        slowReaders: this.#options.slowReaders,
        carryOut: (turn, effect) => this.#carryOut(turn, effect),
        onLateCall: (tone) => this.#options.refuseLateCall(tone),
      },
      signal,
    );
  }

  /**
   * Sends the prompt of a turn: at once where there is no other turn with whose prompt it could leave.
   * @param rid the prompt's
   * @param worker who is known to answer
   */
  prompt(
    turn: Turn,
    rid: string,
    tone: SentTone,
    facts: TurnFacts,
    worker: string | undefined,
    signal: TurnSignal,
  ): void {
    turn.prompt(facts, worker, signal, performance.now());
    this.#turns.set(turn.sid, turn);
    this.#unheard.set(rid, turn);
    this.#startSweep();
    try {
      this.#options.send(tone, this.#turns.size === 1 ? 'now' : 'round');
    } catch (error) {
      // It cannot be written: nothing of it is at a worker.
      turn.lose(Fault.from(error));
      throw error;
    }
  }

  /**
   * Sends the results of a parked turn's calls. Resolves as `Turn.sendResults`.
   * @param tones each with the rid by which its echo is known
   */
  sendResults(
    turn: Turn,
    tones: readonly { readonly rid: string; readonly tone: SentTone }[],
    facts: TurnFacts,
    waitMs: number,
  ): Promise<boolean> {
    const routed = turn.sendResults(facts, waitMs, performance.now());
    for (const { rid, tone } of tones) {
      this.#unheard.set(rid, turn);
      this.#options.send(tone);
    }
    return routed;
  }

  /** Routes the tones of one read; each turn hands them over as one batch. */
  accept(tones: readonly Tone[]): void {
    const now = performance.now();
    const read = ++this.#reads;
    const touched: Turn[] = [];
    for (const tone of tones) {
      const turn = typeof tone.sid === 'string' ? this.#turns.get(tone.sid) : undefined;
      try {
        this.#take(tone, turn, now);
      } catch (error) {
        this.#blame(turn, error);
      }
      // Most reads are of one turn: a set would cost more than its tones.
      if (turn === undefined || turn.lastRead === read) continue;
      turn.lastRead = read;
      touched.push(turn);
    }
    for (const turn of touched) {
      turn.flush();
      if (turn.hasOpenCalls) this.#gatherCalls(turn, now);
    }
  }

  /** Ends the turns whose worker is gone: nothing else would ever say so. */
  failOrphans(isThere: (worker: string) => boolean): void {
    for (const turn of this.#turns.values()) {
      if (turn.worker === undefined || isThere(turn.worker)) continue;
      turn.fail(new Fault('worker-error', 'the worker that was answering is gone'));
    }
  }

  /** The link is gone: every turn ends with one fault; the sids are cancelled when it is back. */
  loseAll(fault: Fault): void {
    this.#leftBehind = [...this.#turns.keys()];
    for (const turn of this.#turns.values()) turn.lose(fault);
  }

  /** The link is up. `isSame`: to the humd that has the sids of the last one; another humd has nothing to stop. */
  stopLeftBehind(isSame: boolean): void {
    const sids = this.#leftBehind;
    this.#leftBehind = [];
    if (!isSame) return;
    for (const sid of sids) {
      this.#sendFor('cancel', sid);
      this.#sendFor('cleanup', sid);
    }
  }

  /** Ends every running turn with `fault` and cancels every sid, because the bridge is leaving. */
  cancelAll(fault: Fault): void {
    for (const turn of this.#turns.values()) turn.fail(fault);
  }

  #take(tone: Tone, turn: Turn | undefined, now: number): void {
    if (tone.chi === 'tool-call' && this.#options.refuseForeignCall(tone, turn)) return;
    if (tone.chi === LINE_DROPPED) this.#losePiece(tone, turn);
    else if (tone.chi === 'echo') this.#hear(tone, now);
    else if (turn) {
      if (!turn.accept(tone, now)) this.ignored.unknownChi++;
    } else if (tone.chi === 'tool-result' && this.#options.acceptToolResult(tone)) return;
    else if (tone.chi !== 'breath') this.ignored.foreignSid++;
  }

  /** The answer is not whole any more, whatever still comes of it: its worker, which goes on, is told to stop. */
  #losePiece(tone: Tone, turn: Turn | undefined): void {
    const fault = new Fault(
      'worker-error',
      'a piece of the answer is longer than this server takes, and was dropped',
    );
    if (turn) turn.fail(fault);
    else this.#options.onResultLost(tone, fault);
  }

  /** What goes wrong with one tone costs its turn, and no other: the log has the details. */
  #blame(turn: Turn | undefined, error: unknown): void {
    this.#options.log.error({ err: error, sid: turn?.sid }, 'a tone could not be read, by our own mistake');
    turn?.fail(Fault.from(error));
  }

  /** humd echoes each prompt twice, and every other tone that has a rid. */
  #hear(tone: Tone, now: number): void {
    const turn = typeof tone.rid === 'string' ? this.#unheard.get(tone.rid) : undefined;
    if (!turn || typeof tone.rid !== 'string') {
      if (tone['ok'] === false) this.#options.onRefusal(tone);
      return;
    }
    const isFirst = turn.state.at === 'prompting';
    if (!isFirst || tone['ok'] === false) this.#unheard.delete(tone.rid);
    if (tone['ok'] === false) turn.refuse(refused(tone['error']), now);
    else turn.hear(now);
  }

  /** Never throws: what goes wrong with one effect keeps neither the others of its turn nor other turns from theirs. */
  #carryOut(turn: Turn, effect: Effect): void {
    switch (effect) {
      case 'send-cancel':
        this.cancels++;
        this.#sendFor('cancel', turn.sid);
        return;
      case 'end-process':
        if (!turn.keepsProcess) return;
        // It would take one of the worker's places from turns that run.
        this.#sendFor('cancel', turn.sid);
        break;
      case 'send-cleanup':
        this.#sendFor('cleanup', turn.sid);
        return;
      case 'forget':
      case 'keep-session':
        this.#turns.delete(turn.sid);
        break;
      default:
        break;
    }
    this.#attempt(turn.sid, () => this.#options.onEffect(turn, effect));
  }

  #sendFor(chi: 'cancel' | 'cleanup', sid: string): void {
    this.#attempt(sid, () =>
      this.#options.send({ chi, rid: this.#options.createRid(), sid }, chi === 'cancel' ? 'tick' : 'round'),
    );
  }

  #attempt(sid: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.log.error(
        { err: error, sid },
        'a turn could not be ended as it should, by our own mistake',
      );
    }
  }

  /** Arms the one timer for the window of a turn with calls. */
  #gatherCalls(turn: Turn, now: number): void {
    this.#calling.add(turn);
    if (this.#gather === undefined) this.#closeAfter(turn.closesAt(this.#limits.gatherWindowMs) - now);
  }

  #closeAfter(ms: number): void {
    const wait = Math.min(Math.max(0, Math.ceil(ms)), this.#limits.gatherWindowMs);
    this.#gather = setTimeout(() => setImmediate(() => this.#closeGathered()), wait);
  }

  #closeGathered(): void {
    this.#gather = undefined;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const turn of this.#calling) {
      const left = turn.closesAt(this.#limits.gatherWindowMs) - now;
      if (!turn.hasOpenCalls) this.#calling.delete(turn);
      else if (left <= 0) this.#close(turn, now);
      else next = Math.min(next, left);
    }
    if (next < Number.POSITIVE_INFINITY) this.#closeAfter(next);
  }

  #close(turn: Turn, now: number): void {
    this.#calling.delete(turn);
    try {
      turn.closeOnCalls(this.#options.park, now);
    } catch (error) {
      this.#blame(turn, error);
    }
  }

  #startSweep(): void {
    if (this.#sweep !== undefined) return;
    const { turnTimeoutMs, promptTimeoutMs, startTimeoutMs } = this.#limits;
    const shortest = Math.min(turnTimeoutMs, promptTimeoutMs, startTimeoutMs);
    const interval = Math.max(10, Math.min(SWEEP_MS, shortest / 4));
    this.#sweep = setInterval(() => setImmediate(() => this.#sweepAll()), interval).unref();
  }

  /** Runs after pending reads, so that a busy event loop is not taken for a silent worker. */
  #sweepAll(): void {
    const now = performance.now();
    const hasUnsent = this.#options.hasUnsent();
    for (const [rid, turn] of this.#unheard.entries()) {
      const { at } = turn.state;
      if (at !== 'prompting' && at !== 'routing') this.#unheard.delete(rid);
    }
    for (const turn of this.#turns.values()) this.#sweepOne(turn, hasUnsent, now);
    this.#options.onSweep(now);
    if (this.#turns.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#unheard.clear();
  }

  #sweepOne(turn: Turn, hasUnsent: boolean, now: number): void {
    const { turnTimeoutMs, promptTimeoutMs, startTimeoutMs } = this.#limits;
    turn.expire(now);
    if (!turn.isRunning) return;
    const silentMs = now - turn.lastToneAt;
    if (turn.state.at === 'prompting') {
      if (hasUnsent) turn.unsentAt = now;
      else if (now - turn.unsentAt >= promptTimeoutMs) {
        turn.fail(promptLost());
        this.#options.onPromptLost();
        return;
      }
    }
    if (turn.isStarting && now - turn.promptedAt >= startTimeoutMs) turn.fail(notStarted(startTimeoutMs));
    else if (silentMs >= turnTimeoutMs) turn.fail(timedOut(turnTimeoutMs));
  }
}

function refused(reason: unknown): Fault {
  const why = typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
  return new Fault('prompt-lost', `humd refused the prompt${why}`);
}

function promptLost(): Fault {
  return new Fault(
    'prompt-lost',
    'humd took the prompt and never answered; it drops what its parser refuses',
  );
}

function notStarted(ms: number): Fault {
  return new Fault(
    'worker-error',
    `the worker has not started its model process within ${ms / 1000} s: look into its log, and whether \`claude\` runs there, in its folder (cwd), and for its user`,
  );
}

function timedOut(ms: number): Fault {
  return new Fault('timeout', `the worker gave no sign of life for ${ms / 1000} s`);
}
