/** Keeps humd's limit: of the tones that one reader has not taken, so many may wait, and what comes then is dropped. */
import type { Socket } from 'node:net';

/** One for all links: it can be switched on and off. */
export interface UnreadLimit {
  /** 0 for no limit. */
  tones: number;
  /** Tones that were dropped so far. */
  dropped: number;
}

/** The tones on their way to one reader. What the kernel has taken counts as read, as it does in humd. */
export class UnreadTones {
  readonly #socket: Socket;
  readonly #limit: UnreadLimit;
  #gathered = 0;
  /** Given to the socket; how many of them the kernel has not taken is told by callbacks. */
  #written = 0;

  constructor(socket: Socket, limit: UnreadLimit) {
    this.#socket = socket;
    this.#limit = limit;
  }

  /** False, and counted, if there is no room for one more tone. */
  hasRoom(): boolean {
    const { tones } = this.#limit;
    if (tones === 0 || this.#waiting() < tones) {
      this.#gathered++;
      return true;
    }
    this.#limit.dropped++;
    return false;
  }

  /** The tones that were gathered are written; to be called when the kernel has taken them. */
  write(): () => void {
    const tones = this.#gathered;
    this.#gathered = 0;
    this.#written += tones;
    return () => {
      this.#written -= tones;
    };
  }

  /** The callbacks come late; the socket itself knows at once that the kernel took everything. */
  #waiting(): number {
    return this.#socket.writableLength === 0 ? this.#gathered : this.#gathered + this.#written;
  }
}
