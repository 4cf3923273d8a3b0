/** Keeps one link to a humd: dials the sockets in their order, and again when it breaks. Never sends a prompt a second time. */
import type { Logger } from 'pino';
import { Fault } from '../../core/fault.js';
import type { TurnSignal } from '../../core/abort.js';
import { Waiters } from '../../core/waiters.js';
import type { BreakerState } from './circuit-breaker.js';
import type { Departure, DroppedLines, SentTone, Tone } from './tone-codec.js';
import type { DialFailure } from './dial-failure.js';
import { HealthChecks } from './health-checks.js';
import { HumdSocket, type SocketCheck } from './humd-socket.js';
import { Link } from './link.js';
import { PROTOCOL_VERSION, sameMajor } from './protocol.js';

/** Read at each use. */
export interface ClientLimits {
  readonly maxToneBytes: number;
  /** How long a request waits for the link, in ms. */
  readonly readyTimeoutMs: number;
  readonly socketCheck: SocketCheck;
}

export interface ClientOptions {
  /** Where a humd may listen, first choice first; each is asked again at every dial, because it may move. At least one. */
  readonly socketPaths: readonly (() => string)[];
  /** The hello for a new connection. */
  hello(rid: string): Readonly<Record<string, unknown>>;
  readonly createRid: () => string;
  readonly limits: ClientLimits;
  /** True if no humd is expected to be there yet. */
  readonly isAwaited?: boolean | undefined;
  readonly log: Logger;
  /** The link is up to the socket with this index. */
  onUp(index: number): void;
  /** Tones of one read, while the link is up. */
  onTones(tones: readonly Tone[]): void;
  /** The link that was up is gone. */
  onLost(): void;
}

/** How one socket is doing. */
export interface SocketHealth {
  readonly socket: string;
  /** `up`: the link is here. Otherwise what the breaker makes of the last dials and checks. */
  readonly state: 'up' | BreakerState;
  /** When it was last dialled or probed, in ms since 1970; undefined for never. */
  readonly checkedAt: number | undefined;
}

/** Where the link stands; there is one transition function, `#enter`. */
type Phase =
  | { readonly at: 'idle' }
  | { readonly at: 'dialling'; readonly socket: HumdSocket; readonly link: Link }
  | { readonly at: 'up'; readonly socket: HumdSocket; readonly link: Link; readonly since: number }
  | { readonly at: 'waiting'; readonly timer: NodeJS.Timeout; readonly dialAt: number }
  | { readonly at: 'closed' };

/** The pause between two rounds of dials while a breaker lets them through. */
const SHORTEST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 150;
/** The longest pause even where no breaker can say when it will let a dial through. */
const LONGEST_WAIT_MS = 5_000;
const GREETING_TIMEOUT_MS = 5_000;
const SHORTEST_GREETING_TIMEOUT_MS = 500;
/** A link that breaks sooner counts as a failure: a humd that comes and goes is not greeted without end. */
const STABLE_MS = 5_000;
/** How long humd has for the echo of a tone, where nothing else has come either. */
const SILENCE_MS = 2_000;

export class ThrumClient {
  readonly #options: ClientOptions;
  readonly #sockets: readonly HumdSocket[];
  readonly #checks: HealthChecks;
  /** The requests that wait for the link, each until its deadline, in ms on the monotonic clock. */
  readonly #waiters = new Waiters<{ readonly deadline: number }>();
  /** The sockets that were dialled since the last pause. */
  readonly #tried = new Set<HumdSocket>();
  /** Of links that are gone. */
  readonly #dropped: DroppedLines = { oversized: 0, malformed: 0 };
  #phase: Phase = { at: 'idle' };
  reconnects = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#sockets = options.socketPaths.map(
      (pathOf) => new HumdSocket(pathOf, options.log, options.isAwaited),
    );
    this.#checks = new HealthChecks({
      limits: options.limits,
      idleSockets: () => this.#sockets.filter((socket) => !this.#isInUse(socket)),
      onHealthy: () => {
        if (this.#phase.at === 'waiting') this.#dialRound();
      },
    });
  }

  get isUp(): boolean {
    return this.#phase.at === 'up';
  }

  get sockets(): readonly SocketHealth[] {
    const live = this.#phase.at === 'up' ? this.#phase.socket : undefined;
    return this.#sockets.map((socket) => ({
      socket: socket.path,
      state: socket === live ? 'up' : socket.breaker.state,
      checkedAt: socket.checkedAt,
    }));
  }

  /** Lines from humd that were passed over, on all links so far. */
  get dropped(): Readonly<DroppedLines> {
    const { oversized, malformed } =
      this.#phase.at === 'up' ? this.#phase.link.dropped : { oversized: 0, malformed: 0 };
    return { oversized: this.#dropped.oversized + oversized, malformed: this.#dropped.malformed + malformed };
  }

  start(): void {
    if (this.#phase.at !== 'idle') return;
    this.#dialRound();
    if (this.#sockets.length > 1) this.#checks.start();
  }

  /**
   * Resolves when the link is up; dials at once if it is not. Rejects with `link-down` after `timeoutMs`, at once if nothing
   * may be dialled before that, or with the signal's reason when it aborts.
   */
  whenUp(timeoutMs: number, signal: TurnSignal): Promise<void> {
    if (this.#phase.at === 'up') return Promise.resolve();
    if (this.#phase.at === 'closed') return Promise.reject(this.#linkDown());
    const waiter = { deadline: performance.now() + timeoutMs };
    const up = this.#waiters.add(waiter, { signal, timeoutMs, late: () => this.#linkDown() });
    if (this.#phase.at === 'waiting') {
      if (this.#phase.dialAt - performance.now() > LONGEST_PAUSE_MS) this.#dialRound();
      else this.#rejectBefore(this.#phase.dialAt);
    }
    return up;
  }

  /** Sends a tone if the link is up; what is sent into a broken link is lost, and its sessions hear of that. */
  send(tone: SentTone, departure?: Departure): void {
    if (this.#phase.at === 'up') this.#phase.link.send(tone, departure);
  }

  /** Sends the hello anew, over the link that is up: it replaces the one before, for all that is sent behind it. */
  sayHello(): void {
    if (this.#phase.at === 'up') this.#phase.link.send(this.#options.hello(this.#options.createRid()));
  }

  /** True while something that was sent has not left yet. */
  get hasUnsent(): boolean {
    return this.#phase.at === 'up' && this.#phase.link.hasUnsent;
  }

  /** As `Link.whenRoom`; undefined also where there is no link. */
  whenRoom(): Promise<void> | undefined {
    return this.#phase.at === 'up' ? this.#phase.link.whenRoom() : undefined;
  }

  /** A tone with a rid has just been sent, which humd echoes: if nothing at all comes any more, the link is given up. */
  expectSignOfLife(): void {
    if (this.#phase.at !== 'up') return;
    const { link } = this.#phase;
    const askedAt = performance.now();
    // Pending reads go first: a busy event loop is not a silent humd.
    const look = () => {
      if (link.lastReadAt < askedAt) link.giveUp({ kind: 'mute' });
    };
    setTimeout(() => setImmediate(look), SILENCE_MS).unref();
  }

  /** Probes the sockets that are not in use, now. */
  checkSockets(): Promise<void> {
    return this.#checks.check();
  }

  /** Ends the link after what was sent has left. May be called twice. */
  async close(): Promise<void> {
    const phase = this.#phase;
    this.#enter({ at: 'closed' });
    this.#checks.close();
    this.#waiters.rejectAll(this.#linkDown());
    if (phase.at === 'up' || phase.at === 'dialling') await phase.link.end();
  }

  /** Tries the sockets in their order, each at most once, until one is up. */
  #dialRound(): void {
    this.#tried.clear();
    this.#dialNext();
  }

  #dialNext(): void {
    const now = performance.now();
    const isInHurry = this.#waiters.size > 0;
    for (const socket of this.#sockets) {
      if (this.#tried.has(socket) || !socket.breaker.tryPass(now, isInHurry)) continue;
      this.#tried.add(socket);
      const distrust = socket.distrust(this.#options.limits.socketCheck);
      if (distrust === undefined) {
        this.#dial(socket);
        return;
      }
      socket.fail(distrust, now);
    }
    this.#wait(now);
  }

  #dial(socket: HumdSocket): void {
    const helloRid = this.#options.createRid();
    const link: Link = new Link({
      socketPath: socket.path,
      hello: this.#options.hello(helloRid),
      helloRid,
      timeoutMs: this.#greetingTimeoutMs(),
      maxToneBytes: this.#options.limits.maxToneBytes,
      onUp: (theirVersion) => this.#rise(socket, link, theirVersion),
      onTones: (tones) => this.#options.onTones(tones),
      onEnd: (why) => this.#end(socket, link, why),
    });
    this.#enter({ at: 'dialling', socket, link });
  }

  /** With several sockets a mute one must leave time for the next, while a request waits. */
  #greetingTimeoutMs(): number {
    if (this.#sockets.length === 1) return GREETING_TIMEOUT_MS;
    const share = this.#options.limits.readyTimeoutMs / this.#sockets.length / 2;
    return Math.min(GREETING_TIMEOUT_MS, Math.max(SHORTEST_GREETING_TIMEOUT_MS, share));
  }

  #rise(socket: HumdSocket, link: Link, theirVersion: string | undefined): void {
    this.#enter({ at: 'up', socket, link, since: performance.now() });
    socket.touch();
    socket.isAwaited = false;
    const { log } = this.#options;
    log.info({ socket: socket.path }, 'linked to humd');
    if (theirVersion !== undefined && !sameMajor(theirVersion, PROTOCOL_VERSION))
      log.warn({ theirs: theirVersion, ours: PROTOCOL_VERSION }, 'humd speaks another version of thrum');
    this.#options.onUp(this.#sockets.indexOf(socket));
    this.#waiters.resolveAll();
  }

  #end(socket: HumdSocket, link: Link, why: { readonly kind: 'lost' } | DialFailure): void {
    const phase = this.#phase;
    const now = performance.now();
    if (phase.at !== 'up') {
      if (why.kind !== 'lost') socket.fail(why, now);
      this.#dialNext();
      return;
    }
    this.reconnects++;
    this.#dropped.oversized += link.dropped.oversized;
    this.#dropped.malformed += link.dropped.malformed;
    this.#options.log.warn({ socket: socket.path }, 'lost the link to humd');
    if (why.kind !== 'lost') socket.fail(why, now);
    else if (now - phase.since < STABLE_MS) socket.fail({ kind: 'unstable' }, now);
    else socket.succeed();
    this.#wait(now);
    this.#options.onLost();
  }

  /** Until the first breaker lets a dial through. Who cannot wait that long hears so at once. */
  #wait(now: number): void {
    const isInHurry = this.#waiters.size > 0;
    const pause = SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS);
    const dialAt = this.#sockets.reduce((earliest, { breaker }) => {
      const isOpen = breaker.state !== 'closed' && !(isInHurry && breaker.isCheap);
      return Math.min(earliest, isOpen ? Math.max(now + pause, breaker.passesAt(now)) : now + pause);
    }, now + LONGEST_WAIT_MS);
    const timer = setTimeout(() => this.#dialRound(), Math.ceil(dialAt - now));
    this.#enter({ at: 'waiting', timer, dialAt });
    this.#rejectBefore(dialAt);
  }

  /** Who cannot wait for the dial at `time` hears so now. */
  #rejectBefore(time: number): void {
    for (const waiter of this.#waiters)
      if (waiter.deadline < time) this.#waiters.reject(waiter, this.#linkDown());
  }

  #enter(phase: Phase): void {
    if (this.#phase.at === 'waiting') clearTimeout(this.#phase.timer);
    this.#phase = phase;
  }

  #isInUse(socket: HumdSocket): boolean {
    const phase = this.#phase;
    return (phase.at === 'up' || phase.at === 'dialling') && phase.socket === socket;
  }

  #linkDown(): Fault {
    const waitMs = this.#phase.at === 'waiting' ? this.#phase.dialAt - performance.now() : 0;
    const message = this.#sockets.map(({ complaint }) => complaint).join('; ');
    return new Fault('link-down', message, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) });
  }
}
