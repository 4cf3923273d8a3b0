/**
 * Closes connections whose clients may still be sending. Where bytes come that nobody reads, the system answers them with a reset, and a
 * client that sends its whole body before it looks for an answer loses the answer by that. So our side is ended, and
 * what still comes is read and forgotten until the client ends its own (RFC 9112 §9.6), within limits of time and bytes.
 */
import { Socket } from 'node:net';

export interface LingerLimits {
  /** A client that has sent nothing for this time is not sending. */
  readonly quietMs: number;
  readonly totalMs: number;
  readonly maxBytes: number;
  /** How many connections at a time; further ones are closed at once. */
  readonly maxConnections: number;
}

const LIMITS: LingerLimits = {
  quietMs: 5_000,
  totalMs: 30_000,
  // Several times what a body may have by default.
  maxBytes: 256 * 1024 * 1024,
  maxConnections: 64,
};
const CHECK_MS = 250;

interface Progress {
  readonly startedAt: number;
  readonly startedAtBytes: number;
  bytes: number;
  /** When the last of them came. */
  at: number;
}

export class Lingering {
  readonly #sockets = new Map<Socket, Progress>();
  readonly #limits: LingerLimits;
  #checks: NodeJS.Timeout | undefined;

  constructor(limits: Partial<LingerLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  has(socket: Socket): boolean {
    return this.#sockets.has(socket);
  }

  /** Ends our side when all that was written is out, and the connection when its client is done. @param room for how many at a time */
  close(socket: Socket, room = this.#limits.maxConnections): void {
    if (socket.destroyed || this.#sockets.has(socket)) return;
    if (this.#sockets.size >= Math.min(room, this.#limits.maxConnections)) {
      Socket.prototype.destroySoon.call(socket);
      return;
    }
    const now = performance.now();
    const bytes = socket.bytesRead;
    this.#sockets.set(socket, { startedAt: now, startedAtBytes: bytes, bytes, at: now });
    this.#checks ??= setInterval(() => this.#check(), CHECK_MS).unref();
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      clearInterval(this.#checks);
      this.#checks = undefined;
    });
    // Before it is flowing nothing would tell that the client has ended.
    socket.once('end', () => socket.destroySoon());
    Reflect.deleteProperty(socket, 'destroySoon');
    socket.end();
    socket.resume();
  }

  /** Cuts them. */
  destroy(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #check(): void {
    const now = performance.now();
    const { quietMs, totalMs, maxBytes } = this.#limits;
    for (const [socket, progress] of this.#sockets) {
      const { bytesRead } = socket;
      if (bytesRead !== progress.bytes) Object.assign(progress, { bytes: bytesRead, at: now });
      const isOver =
        now - progress.startedAt >= totalMs ||
        now - progress.at >= quietMs ||
        bytesRead - progress.startedAtBytes > maxBytes;
      if (isOver) socket.destroy();
    }
  }
}
