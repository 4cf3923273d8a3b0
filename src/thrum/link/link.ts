/** One life of a link to humd: dials, says hello, waits for its echo, and is up until it breaks. Its socket, parser and buffers are its own. */
import { createConnection } from 'node:net';
import type { DialFailure } from './dial-failure.js';
import {
  type Departure,
  type DroppedLines,
  EncodedTone,
  encodeTone,
  type SentTone,
  type Tone,
  ToneDecoder,
} from './tone-codec.js';

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
/** From so many unsent bytes on, who goes on sending has to wait. */
const FULL_BYTES = 256 * 1024;

/** How long humd may take to read the last of a link and to close its end of it, in ms. */
const END_MS = 500;

export class Link {
  readonly #options: LinkOptions;
  readonly #socket: ReturnType<typeof createConnection>;
  readonly #timer: NodeJS.Timeout;
  readonly #decoder: ToneDecoder;
  #phase: Phase = 'dialling';
  /** What leaves at the end of this round of the event loop: with many clients at a time, several tones in one write. */
  #unsent: (string | Uint8Array)[] = [];
  /** True once humd has said anything. */
  #hasSpoken = false;
  #theirVersion: string | undefined;
  #refusal: string | undefined;
  /** Undefined while nobody waits for it. */
  #room: Promise<void> | undefined;
  /** When the last tones came, in ms on the monotonic clock. */
  lastReadAt = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#decoder = new ToneDecoder(options.maxToneBytes);
    // Read as fast as it brings bytes, always: humd drops the tones of a reader that lags. One buffer serves all reads.
    const socket = createConnection({
      path: options.socketPath,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (length, buffer) => {
          this.#receive(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#timer = setTimeout(() => this.giveUp({ kind: 'mute' }), options.timeoutMs);
    socket.on('error', (error) => {
      if (this.#phase === 'dialling') this.giveUp({ kind: 'absent', reason: error.message });
      else socket.destroy();
    });
    socket.once('close', () => this.#onClose());
    socket.once('connect', () => {
      if (this.#phase !== 'dialling') return;
      // The hello goes first and alone: nothing else is sent until its echo has come.
      this.#phase = 'greeting';
      this.send(this.#options.hello);
    });
  }

  get dropped(): Readonly<DroppedLines> {
    return this.#decoder.dropped;
  }

  /** True while bytes wait for the socket to take them. */
  get hasUnsent(): boolean {
    return this.#unsent.length > 0 || this.#socket.writableLength > 0;
  }

  /** Resolves when what waits for the socket has left, or the link is gone; undefined where little waits. */
  whenRoom(): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableLength <= FULL_BYTES) return undefined;
    this.#room ??= new Promise((resolve) => {
      const settle = () => {
        socket.off('drain', settle).off('close', settle);
        this.#room = undefined;
        resolve();
      };
      socket.once('drain', settle).once('close', settle);
    });
    return this.#room;
  }

  /** Sends a tone; throws for one that cannot be written. What is sent into a broken link is lost. */
  send(tone: SentTone, departure: Departure = 'round'): void {
    if (this.#socket.destroyed || this.#phase === 'dialling') return;
    const isFirst = this.#unsent.length === 0;
    // Here, so that whoever sends a tone that cannot be written hears of it.
    if (tone instanceof EncodedTone) this.#unsent.push(...tone.parts);
    else this.#unsent.push(encodeTone(tone));
    if (departure === 'now') this.#flush();
    else if (departure === 'tick') process.nextTick(() => this.#flush());
    else if (isFirst) setImmediate(() => this.#flush());
  }

  /**
   * Ends the link after humd has read what was sent, or has had `END_MS` for it; `onEnd` is not called. A humd that writes to a socket
   * that is closed already may drop what it has not read of it: the cancels of the turns that still ran.
   */
  async end(): Promise<void> {
    const wasUp = this.#phase === 'up';
    this.#finish();
    if (!wasUp || this.#socket.destroyed) {
      this.#socket.destroy();
      return;
    }
    this.#flush();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), END_MS);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.end();
    });
  }

  /** Breaks it; `onEnd` is told why. */
  giveUp(why: { readonly kind: 'lost' } | DialFailure): void {
    if (this.#phase === 'over') return;
    this.#finish();
    this.#socket.destroy();
    this.#options.onEnd(why);
  }

  /** The bytes of one read, which are not kept: the next read may bring its own in their place. */
  #receive(bytes: Buffer): void {
    const tones = this.#decoder.decode(bytes);
    if (tones.length === 0) return;
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

  #onClose(): void {
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

  #flush(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    if (unsent.length === 0 || this.#socket.destroyed) return;
    if (unsent.every((part) => typeof part === 'string')) {
      this.#socket.write(unsent.join(''));
      return;
    }
    this.#socket.cork();
    for (const part of unsent) this.#socket.write(part);
    this.#socket.uncork();
  }

  #finish(): void {
    this.#phase = 'over';
    clearTimeout(this.#timer);
  }
}
