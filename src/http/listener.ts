/** Puts an app on a port, and takes it off again without cutting answers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { HttpEnv } from './surface.js';

/** Sending a request's headers may take this long. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Sending a whole request, body included, may take this long. */
const REQUEST_TIMEOUT_MS = 120_000;

export class Listener {
  readonly #server: Server;
  /** Every connection, with the number of its requests that are not answered yet. */
  readonly #connections = new Map<Socket, number>();
  #isDraining = false;

  constructor(app: Hono<HttpEnv>) {
    const listener = getRequestListener((request, env) => app.fetch(request, env));
    const options = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, noDelay: true };
    this.#server = createServer(options, (incoming, outgoing) => {
      const { socket } = incoming;
      this.#count(socket, 1);
      outgoing.once('close', () => this.#count(socket, -1));
      void listener(incoming, outgoing);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, 0);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  /** Resolves with the port that is really bound (port 0 picks a free one). Rejects with the system's error. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve(portOf(this.#server.address(), port));
      });
    });
  }

  /**
   * Takes no new connections and lets go of each one as soon as it has no request that waits for its answer; resolves when
   * all are gone. May be called twice.
   */
  drain(): Promise<void> {
    this.#isDraining = true;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const [socket, requests] of this.#connections) if (requests === 0) socket.destroy();
    });
  }

  /** Cuts what is still connected. */
  destroy(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #count(socket: Socket, change: 1 | -1): void {
    const requests = this.#connections.get(socket);
    if (requests === undefined) return;
    this.#connections.set(socket, requests + change);
    if (this.#isDraining && requests + change === 0) socket.destroySoon();
  }
}

function portOf(address: AddressInfo | string | null, asked: number): number {
  return typeof address === 'object' && address !== null ? address.port : asked;
}
