/**
 * The turns that share one link: routes tones to them by sid, watches their deadlines and says on the wire what each change
 * asks for. One sweep serves all sessions and one timer all gather windows; a session without a tool call has no timer.
 */
import { Fault } from '../conversation/fault.js';
import type { Tone } from './codec.js';
import { type Phase, Session } from './session.js';
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
  readonly createRid: () => string;
  send(tone: Readonly<Record<string, unknown>>): void;
  /** Is offered a `tool-result` of no session here. False: nobody waits for it. */
  acceptToolResult(tone: Tone): boolean;
}

/** How long the finish of a cancelled turn is waited for. */
const SETTLE_MS = 5_000;
const SWEEP_MS = 1_000;

export class Sessions {
  readonly ignored: IgnoredTones = { unknownChi: 0, foreignSid: 0 };
  readonly #limits: SessionLimits;
  readonly #createRid: () => string;
  readonly #send: SessionsOptions['send'];
  readonly #acceptToolResult: SessionsOptions['acceptToolResult'];
  readonly #sessions = new Map<string, Session>();
  /** Sessions whose prompt has not been echoed yet, by the prompt's rid. */
  readonly #unheard = new Map<string, Session>();
  /** Sessions that are parked on calls, which the gather timer looks at. */
  readonly #parked = new Set<Session>();
  #gather: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: SessionsOptions) {
    this.#limits = options.limits;
    this.#createRid = options.createRid;
    this.#send = options.send;
    this.#acceptToolResult = options.acceptToolResult;
  }

  /** How many sids are open: running, or awaiting their worker's finish. */
  get size(): number {
    return this.#sessions.size;
  }

  /** How many turns a client waits for. */
  get running(): number {
    let running = 0;
    for (const session of this.#sessions.values()) if (session.phase === 'running') running++;
    return running;
  }

  /** Begins a session: `prompt` (whose rid and sid these are) is sent at once. */
  open(sid: string, rid: string, facts: TurnFacts, prompt: Readonly<Record<string, unknown>>): Session {
    const session = new Session({
      sid,
      facts,
      maxBufferBytes: this.#limits.maxBufferBytes,
      now: performance.now(),
      onPhase: (changed, phase) => this.#follow(changed, phase),
    });
    this.#sessions.set(sid, session);
    this.#unheard.set(rid, session);
    this.#send(prompt);
    this.#sweep ??= setInterval(() => setImmediate(() => this.#sweepAll()), this.#sweepInterval()).unref();
    return session;
  }

  /** Routes the tones of one read; each session hands them over as one batch. */
  accept(tones: readonly Tone[]): void {
    const now = performance.now();
    const touched = new Set<Session>();
    for (const tone of tones) {
      const session = typeof tone.sid === 'string' ? this.#sessions.get(tone.sid) : undefined;
      if (session) {
        if (!session.accept(tone, now)) this.ignored.unknownChi++;
        touched.add(session);
      } else if (tone.chi === 'echo') this.#hear(tone.rid, now);
      else if (tone.chi === 'tool-result' && this.#acceptToolResult(tone)) continue;
      else if (tone.chi !== 'breath') this.ignored.foreignSid++;
    }
    for (const session of touched) {
      session.flush();
      if (session.isParked) this.#gatherCalls(session);
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
    this.#parked.delete(session);
    if (phase === 'settling') {
      session.lastToneAt = performance.now();
      this.#send({ chi: 'cancel', rid: this.#createRid(), sid: session.sid });
    }
    if (phase === 'over') {
      this.#send({ chi: 'cleanup', rid: this.#createRid(), sid: session.sid });
      this.#sessions.delete(session.sid);
      if (this.#sessions.size === 0) this.#stopSweep();
    }
  }

  /** Arms the one timer for the window of a parked session; a tone that comes meanwhile moves the window. */
  #gatherCalls(session: Session): void {
    this.#parked.add(session);
    this.#gather ??= setTimeout(() => setImmediate(() => this.#closeGathered()), this.#limits.gatherWindowMs);
  }

  #closeGathered(): void {
    this.#gather = undefined;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const session of this.#parked) {
      const left = session.lastToneAt + this.#limits.gatherWindowMs - now;
      if (!session.isParked) this.#parked.delete(session);
      else if (left <= 0) session.closeOnCalls();
      else next = Math.min(next, left);
    }
    if (next < Number.POSITIVE_INFINITY) {
      this.#gather = setTimeout(() => setImmediate(() => this.#closeGathered()), Math.ceil(next));
    }
  }

  /** Runs after pending reads, so that a busy event loop is not taken for a silent worker. */
  #sweepAll(): void {
    const now = performance.now();
    for (const [rid, session] of this.#unheard) {
      if (session.isHeard || session.phase !== 'running') this.#unheard.delete(rid);
    }
    for (const session of this.#sessions.values()) {
      const silentMs = now - session.lastToneAt;
      if (session.phase === 'settling') {
        if (silentMs >= SETTLE_MS) session.forget();
      } else if (!session.isHeard && silentMs >= this.#limits.promptTimeoutMs) session.fail(promptLost());
      else if (silentMs >= this.#limits.turnTimeoutMs) session.fail(timedOut(this.#limits.turnTimeoutMs));
    }
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

function promptLost(): Fault {
  return new Fault(
    'prompt-lost',
    'humd took the prompt and never answered; it drops what its parser refuses',
  );
}

function timedOut(ms: number): Fault {
  return new Fault('timeout', `the worker gave no sign of life for ${ms / 1000} s`);
}
