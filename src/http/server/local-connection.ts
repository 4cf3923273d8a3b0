/** Two ends of a connection within this process: to Node's HTTP client and server each looks like a socket. */
import { Socket } from 'node:net';

export interface LocalConnection {
  readonly client: Socket;
  readonly server: Socket;
}

/** @param remoteAddress what the server takes for its client's address; undefined where it is not known */
export function openLocalConnection(remoteAddress: string | undefined): LocalConnection {
  const client = new LocalSocket();
  const server = new LocalSocket();
  client.peer = server;
  server.peer = client;
  Object.defineProperty(server, 'remoteAddress', { value: remoteAddress });
  // A server that is gone has said all that it had to say, and its client reads that first.
  client.on('close', () => server.destroy());
  return { client, server };
}

class LocalSocket extends Socket {
  peer: LocalSocket | undefined;
  /** Of the last write, of which the peer has not read all yet. */
  #onRead: (() => void) | undefined;
  #hasEnded = false;

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    this.peer?.continueWriting();
  }

  override _write(chunk: Uint8Array | string, encoding: BufferEncoding, done: () => void): void {
    this.#give([typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk], done);
  }

  override _writev(
    chunks: { chunk: Uint8Array | string; encoding: BufferEncoding }[],
    done: () => void,
  ): void {
    this.#give(
      chunks.map(({ chunk, encoding }) => (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)),
      done,
    );
  }

  override _final(done: () => void): void {
    this.peer?.takeEnd();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.peer?.takeEnd();
    this.peer?.continueWriting();
    super._destroy(error, done);
  }

  /** The peer has room for more. */
  continueWriting(): void {
    const done = this.#onRead;
    this.#onRead = undefined;
    done?.();
  }

  /** Nothing more comes of the peer. */
  takeEnd(): void {
    if (this.#hasEnded || this.destroyed) return;
    this.#hasEnded = true;
    this.push(null);
  }

  /** @returns false: it wants no more for now */
  takeBytes(bytes: Uint8Array): boolean {
    return this.#hasEnded || this.destroyed || this.push(bytes);
  }

  /** What a peer does not take any more is dropped: its answer may still be on its way. */
  #give(pieces: readonly Uint8Array[], done: () => void): void {
    // As a real socket does: a time without a byte begins anew.
    if (this.timeout) this.setTimeout(this.timeout);
    let hasRoom = true;
    for (const piece of pieces) hasRoom = this.peer?.takeBytes(piece) ?? true;
    if (hasRoom) done();
    else this.#onRead = done;
  }
}
