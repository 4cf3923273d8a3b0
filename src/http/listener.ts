/** Puts an app on a port, and takes it off again without cutting answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import { createRequestId, REQUEST_ID_HEADER } from './request-id.js';
import type { HttpEnv } from './surface.js';

/** Sending a request's headers may take this long. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Sending a whole request, body included, may take this long. */
const REQUEST_TIMEOUT_MS = 120_000;

/** Stands in where a request names no host, so that the app gets to see and refuse it. */
const MISSING_HOST = 'localhost';

export class Listener {
  readonly #server: Server;
  /** Every connection, with the number of its requests that are not answered yet. */
  readonly #connections = new Map<Socket, number>();
  #isDraining = false;

  constructor(app: Hono<HttpEnv>) {
    const listener = getRequestListener((request, env) => app.fetch(request, env), {
      hostname: MISSING_HOST,
      errorHandler: toLastResort,
    });
    const options = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      noDelay: true,
      // The app refuses a request without Host in the surface's words.
      requireHostHeader: false,
    };
    const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      const { socket } = incoming;
      this.#count(socket, 1);
      outgoing.once('close', () => this.#count(socket, -1));
      void listener(incoming, outgoing);
    };
    this.#server = createServer(options, answer);
    // Otherwise Node asks for the body before the app has refused the request, or refuses in words of its own.
    this.#server.on('checkContinue', answer);
    this.#server.on('checkExpectation', answer);
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

/**
 * What is answered where the app cannot: Hono's adapter found no URL in the request (a malformed Host or target), which
 * nobody but an attacker or a tester sends; or the app itself broke.
 */
function toLastResort(error: unknown): Response {
  if (!(error instanceof RequestError)) return new Response(null, { status: 500 });
  return new Response('400 Bad Request: malformed Host header or request target', {
    status: 400,
    headers: { 'content-type': 'text/plain; charset=utf-8', [REQUEST_ID_HEADER]: createRequestId() },
  });
}
