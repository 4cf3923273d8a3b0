/** One life of the socket to humd: its parser, its buffers and its end belong to it alone. */
import type { Socket } from 'node:net';
import { type DroppedLines, encodeTone, type Tone, ToneDecoder } from './tone-codec.js';
import { type Departure, EncodedTone, type SentTone } from './sent-tone.js';

export interface ConnectionEvents {
  /** The tones of one read of the socket, in order; never empty. */
  onTones(tones: readonly Tone[]): void;
  /** Once, however the connection ended. */
  onClose(): void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #decoder: ToneDecoder;
  readonly #events: ConnectionEvents;
  /** What leaves at the end of this round of the event loop: with many clients at a time, several tones in one write. */
  #unsent: (string | Uint8Array)[] = [];

  /** @param socket connected; the connection owns it from here on */
  constructor(socket: Socket, maxToneBytes: number, events: ConnectionEvents) {
    this.#socket = socket;
    this.#decoder = new ToneDecoder(maxToneBytes);
    this.#events = events;
    socket.on('error', () => socket.destroy());
    socket.once('close', () => events.onClose());
  }

  /** The bytes of one read, which are not kept: the next read may bring its own in their place. */
  receive(bytes: Buffer): void {
    const tones = this.#decoder.decode(bytes);
    if (tones.length > 0) this.#events.onTones(tones);
  }

  /** True while bytes wait for the socket to take them. */
  get hasUnsent(): boolean {
    return this.#unsent.length > 0 || this.#socket.writableLength > 0;
  }

  get dropped(): Readonly<DroppedLines> {
    return this.#decoder.dropped;
  }

  send(tone: SentTone, departure: Departure = 'round'): void {
    if (this.#socket.destroyed) return;
    const isFirst = this.#unsent.length === 0;
    // Here, so that whoever sends a tone that cannot be written hears of it.
    if (tone instanceof EncodedTone) this.#unsent.push(...tone.parts);
    else this.#unsent.push(encodeTone(tone));
    if (departure === 'now') this.#flush();
    else if (departure === 'tick') process.nextTick(() => this.#flush());
    else if (isFirst) setImmediate(() => this.#flush());
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

  /** Resolves when all that was sent has left, or the socket is gone. Ends the connection. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve();
        return;
      }
      this.#flush();
      this.#socket.once('close', () => resolve());
      this.#socket.end(() => this.#socket.destroy());
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
