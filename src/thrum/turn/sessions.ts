/**
 * The turns that share one link: routes tones to them by sid, watches their deadlines and says on the wire what each change
 * asks for. One sweep serves all sessions and one timer all gather windows; a session without a tool call has no timer.
 */
import type { Logger } from 'pino';
import type { BufferBudget } from './buffer-budget.js';
import { Fault } from '../../core/fault.js';
import { TransientMap } from '../../core/transient-map.js';
import type { Tone } from '../link/tone-codec.js';
import type { EventStream } from './event-stream.js';
import type { Departure, SentTone } from '../link/sent-tone.js';
import { type Phase, Session, type SessionOptions } from './session.js';
import type { StrayCalls } from '../tools/stray-calls.js';
import type { TurnFacts } from './tone-reader.js';

export interface SessionLimits {
  /** How long a turn may go without a tone, in ms. */
  readonly turnTimeoutMs: number;
  /** How long a prompt may go without an echo or a tone, in ms. */
  readonly promptTimeoutMs: number;
  /** How long a parked worker may add further calls before the turn is closed, in ms. */
  readonly gatherWindowMs: number;
  /** How many bytes of one turn may wait for its client. */
  readonly maxBufferBytes: number;
}

/** Tones that were passed over, by reason. */
export interface IgnoredTones {
  unknownChi: number;
  /** Of a sid that is not open here, or with no sid at all. */
  foreignSid: number;
}

export interface SessionsOptions {
  readonly limits: SessionLimits;
  /** What may wait for all clients. */
  readonly budget: BufferBudget;
  readonly createRid: () => string;
  send(tone: SentTone, departure?: Departure): void;
  /** Is offered a `tool-result` of no session here. False: nobody waits for it. */
  acceptToolResult(tone: Tone): boolean;
  readonly strayCalls: StrayCalls;
  /** Told of each change of a session's phase, after what it asks for is on the wire. */
  onPhase(session: Session, phase: Phase): void;
  /** True while bytes of ours still wait to leave: a prompt of many megabytes takes its time. */
  hasUnsent(): boolean;
  /** A prompt of which nothing came is given up, and its cancel is on the wire. */
  onPromptLost(): void;
  readonly log: Logger;
  /** Called about once a second while there are sessions, with the time in ms on a monotonic clock. */
  onSweep(now: number): void;
}

/** What a session is opened with. */
export interface Opening {
  readonly sid: string;
  /** The prompt's. */
  readonly rid: string;
  readonly facts: TurnFacts;
  readonly prompt: SentTone;
  readonly onCalls: SessionOptions['onCalls'];
  /** Who is known to answer. */
  readonly worker: string | undefined;
  /** True if the sid may be gone on with after its finish: then it is not cleaned up. */
  readonly isKept: boolean;
}

/** How long the finish of a cancelled turn is waited for. */
const SETTLE_MS = 5_000;
const SWEEP_MS = 1_000;

export class Sessions {
  readonly ignored: IgnoredTones = { unknownChi: 0, foreignSid: 0 };
  /** How many cancels were sent. */
  cancels = 0;
  readonly #options: SessionsOptions;
  readonly #limits: SessionLimits;
  readonly #sessions = new TransientMap<string, Session>();
  /** Sessions whose prompt has not been echoed yet, by the prompt's rid. */
  readonly #unheard = new TransientMap<string, Session>();
  /** Sessions with calls that the client has been given, which the gather timer looks at. */
  readonly #calling = new Set<Session>();
  #gather: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#limits = options.limits;
  }

  /** How many sids are open: running, parked, or awaiting their worker's finish. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Those sids. */
  sids(): readonly string[] {
    return [...this.#sessions.keys()];
  }

  /** How many turns a client waits for. */
  get running(): number {
    let running = 0;
    for (const session of this.#sessions.values()) if (session.phase === 'running') running++;
    return running;
  }

  /** Begins a session and sends its prompt: at once where there is no other session with whose prompt it could leave. */
  open({ sid, rid, facts, prompt, onCalls, worker, isKept }: Opening): Session {
    const session = new Session({
      sid,
      facts,
      worker,
      maxBufferBytes: this.#limits.maxBufferBytes,
      budget: this.#options.budget,
      now: performance.now(),
      onCalls,
      onPhase: (changed, phase) => this.#follow(changed, phase),
    });
    session.isKept = isKept;
    this.#sessions.set(sid, session);
    this.#unheard.set(rid, session);
    this.#options.send(prompt, this.#sessions.size === 1 ? 'now' : 'round');
    this.#sweep ??= setInterval(() => setImmediate(() => this.#sweepAll()), this.#sweepInterval()).unref();
    return session;
  }

  /** The parked worker of a session is about to be given results: what it says from now on is for another reader. */
  resume(session: Session, facts: TurnFacts, onCalls: SessionOptions['onCalls']): EventStream {
    const events = session.resume(facts, onCalls, performance.now());
    if (session.hasOpenCalls) this.#gatherCalls(session);
    return events;
  }

  /** Routes the tones of one read; each session hands them over as one batch. */
  accept(tones: readonly Tone[]): void {
    const now = performance.now();
    const touched = new Set<Session>();
    for (const tone of tones) {
      const session = typeof tone.sid === 'string' ? this.#sessions.get(tone.sid) : undefined;
      try {
        this.#take(tone, session, now);
      } catch (error) {
        this.#blame(session, error);
      }
      if (session) touched.add(session);
    }
    for (const session of touched) {
      session.flush();
      if (session.hasOpenCalls) this.#gatherCalls(session);
    }
  }

  #take(tone: Tone, session: Session | undefined, now: number): void {
    if (tone.chi === 'tool-call' && this.#options.strayCalls.refuse(tone, session)) return;
    if (session) {
      if (!session.accept(tone, now)) this.ignored.unknownChi++;
    } else if (tone.chi === 'echo') this.#hear(tone.rid, now);
    else if (tone.chi === 'tool-result' && this.#options.acceptToolResult(tone)) return;
    else if (tone.chi !== 'breath') this.ignored.foreignSid++;
  }

  /** What goes wrong with one tone costs its session, and nobody else: the log has the details. */
  #blame(session: Session | undefined, error: unknown): void {
    this.#options.log.error(
      { err: error, sid: session?.sid },
      'a tone could not be read, by our own mistake',
    );
    session?.fail(Fault.from(error));
  }

  /** Ends the turns whose worker is gone: nobody else would ever say so. */
  failOrphans(isThere: (worker: string) => boolean): void {
    for (const session of this.#sessions.values()) {
      if (session.worker === undefined || isThere(session.worker)) continue;
      if (session.phase === 'parked') session.leave();
      else session.fail(workerGone());
    }
  }

  /** The link is gone: every turn ends with one fault, and nothing is remembered. */
  loseAll(fault: Fault): void {
    for (const session of this.#sessions.values()) session.lose(fault);
  }

  /** Ends every running turn with `fault` and cancels every sid, because the bridge is leaving. */
  cancelAll(fault: Fault): void {
    for (const session of this.#sessions.values()) session.fail(fault);
  }

  #hear(rid: unknown, now: number): void {
    const session = typeof rid === 'string' ? this.#unheard.get(rid) : undefined;
    if (!session || typeof rid !== 'string') return;
    session.isHeard = true;
    session.lastToneAt = now;
    this.#unheard.delete(rid);
  }

  #follow(session: Session, phase: Phase): void {
    this.#calling.delete(session);
    if (phase === 'settling') {
      session.isKept = false;
      session.lastToneAt = performance.now();
      this.cancels++;
      this.#send('cancel', session.sid);
    }
    if (phase === 'over') {
      if (!session.isKept) this.#send('cleanup', session.sid);
      this.#sessions.delete(session.sid);
    }
    this.#options.onPhase(session, phase);
  }

  #send(chi: 'cancel' | 'cleanup', sid: string): void {
    this.#options.send({ chi, rid: this.#options.createRid(), sid }, chi === 'cancel' ? 'tick' : 'round');
  }

  /** Arms the one timer for the window of a session with calls; a tone that comes meanwhile moves the window. */
  #gatherCalls(session: Session): void {
    this.#calling.add(session);
    this.#gather ??= setTimeout(() => setImmediate(() => this.#closeGathered()), this.#limits.gatherWindowMs);
  }

  #closeGathered(): void {
    this.#gather = undefined;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const session of this.#calling) {
      const left = session.lastToneAt + this.#limits.gatherWindowMs - now;
      if (!session.hasOpenCalls) this.#calling.delete(session);
      else if (left <= 0) this.#close(session);
      else next = Math.min(next, left);
    }
    if (next < Number.POSITIVE_INFINITY) {
      this.#gather = setTimeout(() => setImmediate(() => this.#closeGathered()), Math.ceil(next));
    }
  }

  #close(session: Session): void {
    try {
      session.closeOnCalls();
    } catch (error) {
      this.#blame(session, error);
    }
  }

  /** Runs after pending reads, so that a busy event loop is not taken for a silent worker. */
  #sweepAll(): void {
    const now = performance.now();
    const hasUnsent = this.#options.hasUnsent();
    for (const [rid, session] of this.#unheard.entries()) {
      if (session.isHeard || session.phase !== 'running') this.#unheard.delete(rid);
    }
    for (const session of this.#sessions.values()) {
      const silentMs = now - session.lastToneAt;
      if (session.phase === 'parked') continue;
      if (session.phase === 'settling') {
        if (silentMs >= SETTLE_MS) session.forget();
      } else if (!session.isHeard && hasUnsent && silentMs < this.#limits.turnTimeoutMs) {
        session.unsentAt = now;
      } else if (!session.isHeard && now - session.unsentAt >= this.#limits.promptTimeoutMs) {
        session.fail(promptLost());
        this.#options.onPromptLost();
      } else if (silentMs >= this.#limits.turnTimeoutMs) session.fail(timedOut(this.#limits.turnTimeoutMs));
    }
    this.#options.onSweep(now);
    if (this.#sessions.size === 0) this.#stopSweep();
  }

  #sweepInterval(): number {
    return Math.max(10, Math.min(SWEEP_MS, this.#limits.turnTimeoutMs / 4, this.#limits.promptTimeoutMs / 4));
  }

  #stopSweep(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#unheard.clear();
  }
}

function workerGone(): Fault {
  return new Fault('worker-error', 'the worker that was answering is gone');
}

function promptLost(): Fault {
  return new Fault(
    'prompt-lost',
    'humd took the prompt and never answered; it drops what its parser refuses',
  );
}

function timedOut(ms: number): Fault {
  return new Fault('timeout', `the worker gave no sign of life for ${ms / 1000} s`);
}
