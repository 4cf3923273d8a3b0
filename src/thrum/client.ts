/** Keeps one link to humd: dials, greets, and dials again when it breaks. Never sends a prompt a second time. */
import { createConnection } from 'node:net';
import type { Logger } from 'pino';
import { Fault } from '../conversation/fault.js';
import type { Tone } from './codec.js';
import { Connection } from './connection.js';
import { PROTOCOL_VERSION } from './protocol.js';

export interface ClientOptions {
  /** Where humd listens; asked again at every dial, because it may move. */
  socketPath(): string;
  /** The hello for a new connection. */
  hello(rid: string): Readonly<Record<string, unknown>>;
  readonly createRid: () => string;
  readonly maxToneBytes: number;
  readonly log: Logger;
  /** Tones of one read, while the link is up. */
  onTones(tones: readonly Tone[]): void;
  /** The link that was up is gone. */
  onLost(): void;
}

/** Where the link stands; there is one transition function, `#enter`. */
type Phase =
  | { readonly at: 'idle' }
  | { readonly at: 'dialling'; readonly abandon: () => void }
  | {
      readonly at: 'greeting';
      readonly connection: Connection;
      readonly helloRid: string;
      readonly timer: NodeJS.Timeout;
    }
  | { readonly at: 'up'; readonly connection: Connection }
  | { readonly at: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly at: 'closed' };

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const BACKOFF_BASE_MS = 100;
const BACKOFF_CAP_MS = 5_000;
/** The longest pause between dials while a request waits for the link. */
const BACKOFF_CAP_IN_DEMAND_MS = 250;
const GREETING_TIMEOUT_MS = 5_000;

export class ThrumClient {
  readonly #options: ClientOptions;
  readonly #waiters = new Set<Waiter>();
  #phase: Phase = { at: 'idle' };
  /** Dials that failed since the link was last up. */
  #failures = 0;
  reconnects = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#phase.at === 'up';
  }

  start(): void {
    if (this.#phase.at === 'idle') this.#dial();
  }

  /**
   * Resolves when the link is up; dials at once if it is not. Rejects with `link-down` after `timeoutMs`, or with the
   * signal's reason when it aborts.
   */
  whenUp(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#phase.at === 'up') return Promise.resolve();
    if (this.#phase.at === 'closed') return Promise.reject(this.#linkDown());
    return new Promise<void>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      };
      const onAbort = () => waiter.reject(signal.reason);
      const timer = setTimeout(() => waiter.reject(this.#linkDown()), timeoutMs);
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
      if (this.#phase.at === 'waiting') this.#dial();
    });
  }

  /** Sends a tone if the link is up; what is sent into a broken link is lost, and its sessions hear of that. */
  send(tone: Readonly<Record<string, unknown>>): void {
    if (this.#phase.at === 'up') this.#phase.connection.send(tone);
  }

  /** Ends the link after what was sent has left. May be called twice. */
  async close(): Promise<void> {
    const phase = this.#phase;
    this.#enter({ at: 'closed' });
    for (const waiter of this.#waiters) waiter.reject(this.#linkDown());
    if (phase.at === 'up') await phase.connection.end();
  }

  #dial(): void {
    const socket = createConnection(this.#options.socketPath());
    this.#enter({ at: 'dialling', abandon: () => socket.destroy() });
    const onFailure = (error: Error) => {
      socket.destroy();
      if (this.#phase.at !== 'dialling') return;
      this.#note(error);
      this.#retry();
    };
    socket.once('error', onFailure);
    socket.once('connect', () => {
      socket.off('error', onFailure);
      if (this.#phase.at === 'dialling') this.#greet(socket);
    });
  }

  /** The hello goes first and alone: nothing else is sent until its echo has come. */
  #greet(socket: ReturnType<typeof createConnection>): void {
    const connection = new Connection(socket, this.#options.maxToneBytes, {
      onTones: (tones) => this.#receive(connection, tones),
      onClose: () => this.#lose(connection),
    });
    const helloRid = this.#options.createRid();
    const timer = setTimeout(() => {
      this.#options.log.warn('humd took the connection but did not answer the hello');
      connection.destroy();
    }, GREETING_TIMEOUT_MS);
    this.#enter({ at: 'greeting', connection, helloRid, timer });
    connection.send(this.#options.hello(helloRid));
  }

  #receive(connection: Connection, tones: readonly Tone[]): void {
    if (this.#phase.at === 'greeting' && this.#phase.connection === connection)
      this.#listenForEcho(this.#phase, tones);
    if (this.#phase.at === 'up' && this.#phase.connection === connection) this.#options.onTones(tones);
  }

  #listenForEcho(phase: Extract<Phase, { at: 'greeting' }>, tones: readonly Tone[]): void {
    for (const tone of tones) {
      if (tone.chi === 'breath') this.#checkVersion(tone['protoVersion']);
      if (tone.chi !== 'echo' || tone.rid !== phase.helloRid) continue;
      if (tone['ok'] === false) {
        this.#options.log.error({ reason: tone['error'] }, 'humd refused the hello');
        phase.connection.destroy();
        return;
      }
      this.#rise(phase.connection);
      return;
    }
  }

  #rise(connection: Connection): void {
    this.#enter({ at: 'up', connection });
    this.#failures = 0;
    this.#options.log.info('linked to humd');
    for (const waiter of this.#waiters) waiter.resolve();
  }

  #lose(connection: Connection): void {
    const phase = this.#phase;
    if (phase.at !== 'up' && phase.at !== 'greeting') return;
    if (phase.connection !== connection) return;
    if (phase.at === 'up') {
      this.reconnects++;
      this.#options.log.warn('lost the link to humd');
    }
    this.#retry();
    if (phase.at === 'up') this.#options.onLost();
  }

  /** Exponential backoff with full jitter, and short pauses while somebody waits. */
  #retry(): void {
    const cap = this.#waiters.size > 0 ? BACKOFF_CAP_IN_DEMAND_MS : BACKOFF_CAP_MS;
    const ceiling = Math.min(cap, BACKOFF_BASE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    const pause = BACKOFF_BASE_MS / 4 + Math.random() * (ceiling - BACKOFF_BASE_MS / 4);
    this.#enter({ at: 'waiting', timer: setTimeout(() => this.#dial(), pause) });
  }

  #enter(phase: Phase): void {
    const left = this.#phase;
    if (left.at === 'waiting' || left.at === 'greeting') clearTimeout(left.timer);
    this.#phase = phase;
    if (phase.at !== 'closed') return;
    if (left.at === 'dialling') left.abandon();
    if (left.at === 'greeting') left.connection.destroy();
  }

  /** The first failed dial is worth a line, the following ones are not. */
  #note(error: Error): void {
    const level = this.#failures === 0 ? 'warn' : 'debug';
    this.#options.log[level](
      { socket: this.#options.socketPath(), reason: error.message },
      'humd does not answer',
    );
  }

  #checkVersion(theirs: unknown): void {
    if (typeof theirs !== 'string' || theirs.split('.')[0] === PROTOCOL_VERSION.split('.')[0]) return;
    this.#options.log.warn({ theirs, ours: PROTOCOL_VERSION }, 'humd speaks another version of thrum');
  }

  #linkDown(): Fault {
    const message = `humd does not answer at ${this.#options.socketPath()}: start it, or run the bridge with --nest embedded`;
    return new Fault('link-down', message, { retryAfterSeconds: 1 });
  }
}
