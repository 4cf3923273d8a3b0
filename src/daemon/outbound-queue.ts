/** What waits for one reader: lines are joined into few writes, and beyond the limit the newest is dropped. */
import type { Socket } from 'node:net';

/** From so many bytes on, a writer has to wait. */
const FULL_BYTES = 2 ** 18;

/** A write is started at once when so many lines have come together; below that, at the end of the event loop's turn. */
const LINES_PER_WRITE = 256;

export class OutboundQueue {
  readonly #socket: Socket;
  readonly #limit: number;
  #text = '';
  #lines = 0;
  /** Lines given to the socket that the kernel has not taken yet, as far as its callbacks have come. */
  #unflushed = 0;
  #scheduled = false;
  #onRoom: (() => void)[] = [];

  /** @param limit how many lines may wait before the newest is dropped; 0 for no limit */
  constructor(socket: Socket, limit: number) {
    this.#socket = socket;
    this.#limit = limit;
    socket.on('close', () => this.#giveRoom());
  }

  /** Queues one line, newline included. False when it was dropped. */
  push(line: string): boolean {
    if (this.#limit > 0 && this.#waiting() >= this.#limit) return false;
    this.#text += line;
    this.#lines++;
    if (this.#lines >= LINES_PER_WRITE) {
      this.flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
    return true;
  }

  /** True where more waits than should, however many lines that is. */
  get isFull(): boolean {
    return !this.#socket.destroyed && this.#text.length + this.#socket.writableLength > FULL_BYTES;
  }

  /** Resolves when there is room, or the reader is gone; undefined where there is some now. */
  whenRoom(): Promise<void> | undefined {
    if (!this.isFull) return undefined;
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  /** Starts writing what waits. */
  flush(): void {
    if (this.#lines === 0) return;
    const lines = this.#lines;
    const text = this.#text;
    this.#text = '';
    this.#lines = 0;
    if (!this.#socket.writable) return;
    this.#unflushed += lines;
    this.#socket.write(text, () => {
      this.#unflushed -= lines;
      if (!this.isFull) this.#giveRoom();
    });
  }

  #giveRoom(): void {
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  /** The callbacks come a tick late; the socket itself knows at once that the kernel took everything. */
  #waiting(): number {
    return this.#socket.writableLength === 0 ? this.#lines : this.#lines + this.#unflushed;
  }
}
