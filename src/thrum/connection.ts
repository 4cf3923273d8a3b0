/** One life of the socket to humd: its parser, its buffers and its end belong to it alone. */
import type { Socket } from 'node:net';
import { type DroppedLines, encodeTone, type Tone, ToneDecoder } from './codec.js';
import { EncodedTone, type SentTone } from './sent-tone.js';

export interface ConnectionEvents {
  /** The tones of one read of the socket, in order; never empty. */
  onTones(tones: readonly Tone[]): void;
  /** Once, however the connection ended. */
  onClose(): void;
}

/** Reads the socket as fast as it brings bytes, always: humd drops the tones of a reader that lags. */
export class Connection {
  readonly #socket: Socket;
  readonly #decoder: ToneDecoder;
  #isCorked = false;

  /** @param socket connected; the connection owns it from here on */
  constructor(socket: Socket, maxToneBytes: number, events: ConnectionEvents) {
    this.#socket = socket;
    this.#decoder = new ToneDecoder(maxToneBytes);
    socket.on('data', (chunk: Buffer) => {
      const tones = this.#decoder.decode(chunk);
      if (tones.length > 0) events.onTones(tones);
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => events.onClose());
  }

  /** True while bytes wait for the socket to take them. */
  get hasUnsent(): boolean {
    return this.#socket.writableLength > 0;
  }

  get dropped(): Readonly<DroppedLines> {
    return this.#decoder.dropped;
  }

  /** Queues a tone; the tones of one tick leave in one write. */
  send(tone: SentTone): void {
    if (this.#socket.destroyed) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#socket.uncork();
      });
    }
    if (!(tone instanceof EncodedTone)) this.#socket.write(encodeTone(tone));
    else for (const part of tone.parts) this.#socket.write(part);
  }

  /** Resolves when all that was sent has left, or the socket is gone. Ends the connection. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve();
        return;
      }
      this.#socket.once('close', () => resolve());
      this.#socket.end(() => this.#socket.destroy());
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
