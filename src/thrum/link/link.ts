/** One life of a link to humd: dials, says hello, waits for its echo, and is up until it breaks. */
import { createConnection } from 'node:net';
import type { DroppedLines, Tone } from './tone-codec.js';
import { Connection } from './connection.js';
import type { DialFailure } from './dial-failure.js';
import type { Departure, SentTone } from './sent-tone.js';

export interface LinkEvents {
  /** The hello was echoed. */
  onUp(theirVersion: string | undefined): void;
  /** Tones of one read, while the link is up. */
  onTones(tones: readonly Tone[]): void;
  /** Once, unless it was ended from here: the link that was up is gone, or why it never was. */
  onEnd(why: { readonly kind: 'lost' } | DialFailure): void;
}

export interface LinkOptions extends LinkEvents {
  readonly socketPath: string;
  readonly hello: Readonly<Record<string, unknown>>;
  /** The hello's own, by which its echo is known. */
  readonly helloRid: string;
  /** How long humd has to take the connection and to echo the hello, in ms. */
  readonly timeoutMs: number;
  readonly maxToneBytes: number;
}

type Phase = 'dialling' | 'greeting' | 'up' | 'over';

/** How many bytes one read may bring. What one client gets of one read leaves in one write. */
const READ_BYTES = 256 * 1024;

const NOTHING_DROPPED: Readonly<DroppedLines> = { oversized: 0, malformed: 0 };

export class Link {
  readonly #options: LinkOptions;
  readonly #socket: ReturnType<typeof createConnection>;
  readonly #timer: NodeJS.Timeout;
  #connection: Connection | undefined;
  #phase: Phase = 'dialling';
  /** True once humd has said anything. */
  #hasSpoken = false;
  #theirVersion: string | undefined;
  #refusal: string | undefined;
  /** When the last tones came, in ms on a monotonic clock. */
  lastReadAt = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    // Read as fast as it brings bytes, always: humd drops the tones of a reader that lags. One buffer serves all reads.
    const socket = createConnection({
      path: options.socketPath,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (length, buffer) => {
          this.#connection?.receive(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#timer = setTimeout(() => this.giveUp({ kind: 'mute' }), options.timeoutMs);
    const onError = (error: Error) => this.giveUp({ kind: 'absent', reason: error.message });
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      if (this.#phase === 'dialling') this.#greet();
    });
  }

  get dropped(): Readonly<DroppedLines> {
    return this.#connection?.dropped ?? NOTHING_DROPPED;
  }

  get hasUnsent(): boolean {
    return this.#connection?.hasUnsent ?? false;
  }

  send(tone: SentTone, departure?: Departure): void {
    this.#connection?.send(tone, departure);
  }

  /** Ends the link after what was sent has left; nobody is told. */
  async end(): Promise<void> {
    const wasUp = this.#phase === 'up';
    this.#finish();
    if (wasUp) await this.#connection?.end();
    else this.#socket.destroy();
  }

  /** Breaks it; whoever listens is told why. */
  giveUp(why: { readonly kind: 'lost' } | DialFailure): void {
    if (this.#phase === 'over') return;
    this.#finish();
    this.#socket.destroy();
    this.#options.onEnd(why);
  }

  /** The hello goes first and alone: nothing else is sent until its echo has come. */
  #greet(): void {
    this.#phase = 'greeting';
    this.#connection = new Connection(this.#socket, this.#options.maxToneBytes, {
      onTones: (tones) => this.#receive(tones),
      onClose: () => this.#close(),
    });
    this.#connection.send(this.#options.hello);
  }

  #receive(tones: readonly Tone[]): void {
    this.lastReadAt = performance.now();
    if (this.#phase === 'greeting') this.#listenForEcho(tones);
    if (this.#phase === 'up') this.#options.onTones(tones);
  }

  #listenForEcho(tones: readonly Tone[]): void {
    this.#hasSpoken = true;
    for (const tone of tones) {
      const version = tone['protoVersion'];
      if (tone.chi === 'breath' && typeof version === 'string') this.#theirVersion = version;
      if (tone.chi !== 'echo' || tone.rid !== this.#options.helloRid) continue;
      if (tone['ok'] === false) {
        this.#refusal = typeof tone['error'] === 'string' ? tone['error'] : 'without saying why';
        this.#socket.destroy();
        return;
      }
      clearTimeout(this.#timer);
      this.#phase = 'up';
      this.#options.onUp(this.#theirVersion);
      return;
    }
  }

  #close(): void {
    switch (this.#phase) {
      case 'up':
        this.giveUp({ kind: 'lost' });
        return;
      case 'greeting': {
        const refused = { kind: 'refused', theirVersion: this.#theirVersion, reason: this.#refusal } as const;
        this.giveUp(this.#hasSpoken ? refused : { kind: 'closed' });
        return;
      }
      case 'dialling':
      case 'over':
        return;
      default:
        this.#phase satisfies never;
    }
  }

  #finish(): void {
    this.#phase = 'over';
    clearTimeout(this.#timer);
  }
}
