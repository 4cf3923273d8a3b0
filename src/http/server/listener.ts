/**
 * Puts an app on a port, and takes it off again without cutting answers. WebSockets are opened here and not by Hono's helper, which gives
 * a handler no answer to write headers to, and a client that is refused no body.
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import type { ConnectionCode } from '../../observe/records.js';
import { REQUEST_ID_HEADER } from '../request-headers.js';
import type { HttpEnv } from '../surface.js';
import { avoidNewSocketShapes, Connections } from './connections.js';
import { Lingering } from './lingering.js';
import { connectionCodeOf, createRefusal, type Refusal } from './refused-connection.js';
import { headWithoutUpgrade, isWebSocketRequest, offerWebSocket, watchConnection } from './upgrade.js';
import { WebSocketConnection } from './web-socket.js';

/** Sending a request's headers may take this long. Its body has a limit of its own (`bodyTimeoutMs`). */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are checked for that. */
const MAX_CHECK_MS = 1_000;
/** The head of a request, its target included. */
const MAX_HEADER_BYTES = 16_384;

/** How long the rest of a body may take that is not wanted, before the connection is closed for it. */
const UNWANTED_BODY_MS = 500;
/** Connections beyond the limit that are told so, as a share of it; the system counts them as well. */
const REFUSED_SHARE = 1 / 8;

/** How often WebSockets are pinged. One that has not answered until the next time is cut. */
const PING_MS = 30_000;
const MESSAGE_TIMEOUT_MS = 30_000;
/** How long a WebSocket may be open; OpenAI has the same limit, and its clients open the next one. */
const MAX_WEB_SOCKET_MS = 3_600_000;
/** What its client is told past that, in the words that Codex knows. */
const WEB_SOCKET_TOO_OLD = {
  type: 'error',
  status: 400,
  error: {
    type: 'invalid_request_error',
    code: 'websocket_connection_limit_reached',
    message:
      'Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.',
    param: null,
  },
};

/** Stands in where a request names no host, so that the app gets to see and refuse it. */
const MISSING_HOST = 'localhost';

const NOTHING = Buffer.alloc(0);

/** Read at each use. */
export interface ListenerLimits {
  /**
   * Past that, the connection that is idle longest is closed for the new one; without an idle one the new one is refused.
   */
  readonly maxConnections: number;
  /** How long a connection may stay open after an answer without another request. */
  readonly idleTimeoutMs: number;
  /** How long the rest of an answer may wait for a client that reads nothing of it. */
  readonly clientStallMs: number;
  /** How long a message of a WebSocket may take to come once it has begun; looked at with each ping. */
  readonly bodyTimeoutMs?: number;
  /** The longest message of a WebSocket, in bytes. */
  readonly maxBodyBytes: number;
  /** The same for all WebSockets and bodies together. */
  readonly maxTotalBodyBytes: number;
}

export interface ListenerOptions {
  readonly limits: ListenerLimits;
  /** Holds besides the configured one. */
  readonly maxConnections?: number;
  readonly headersTimeoutMs?: number;
  readonly pingMs?: number;
  readonly maxWebSocketMs?: number;
  /** Told of every connection that is closed with an answer that is not the app's. */
  onRefusal?(refusal: Refusal, address: string | undefined): void;
}

/**
 * What a listener answers with. A method that is put on each response of its own does the same, and keeps every response
 * alive until the whole heap is collected: V8 remembers it with the response's shape.
 */
export class BridgeResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  beforeHead: (() => void) | undefined = undefined;

  // Every form of Node's own; none of the arguments is looked at.
  override writeHead(...head: [statusCode: number]): this {
    const run = this.beforeHead;
    this.beforeHead = undefined;
    run?.();
    return super.writeHead(...head);
  }
}

/** Calls `run` right before the status and headers of `outgoing` are written: by Hono's adapter, a stream or Node itself. */
export function beforeHeaders(outgoing: ServerResponse, run: () => void): void {
  if (!(outgoing instanceof BridgeResponse))
    throw new TypeError('this answer comes from no listener of ours');
  outgoing.beforeHead = run;
}

export class Listener {
  readonly #server: Server<typeof IncomingMessage, typeof BridgeResponse>;
  readonly #options: ListenerOptions;
  readonly #listener: ReturnType<typeof getRequestListener>;
  readonly #connections = new Connections();
  readonly #lingering = new Lingering();
  /** Connections that became WebSockets, and when each is to be closed, on the clock of `performance`. */
  readonly #webSockets = new Map<
    Socket,
    { readonly connection: WebSocketConnection; readonly closeAt: number }
  >();
  /** Requests for another protocol that came while their connection still owed an answer. */
  readonly #upgrades = new WeakMap<Socket, () => void>();
  #pings: NodeJS.Timeout | undefined;
  #isDraining = false;

  constructor(app: Hono<HttpEnv>, options: ListenerOptions) {
    this.#options = options;
    const { headersTimeoutMs = HEADERS_TIMEOUT_MS } = options;
    this.#listener = getRequestListener((request, env) => app.fetch(request, env), {
      hostname: MISSING_HOST,
      // It would cut a client that sends for longer than half a second.
      autoCleanupIncoming: false,
      errorHandler: (error) => this.#toLastResort(error),
    });
    const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      // Node reads it when the answer is complete, for the wait that begins then.
      this.#server.keepAliveTimeout = options.limits.idleTimeoutMs;
      this.#answer(incoming.socket, incoming, outgoing);
    };
    this.#server = createServer(
      {
        ServerResponse: BridgeResponse,
        headersTimeout: headersTimeoutMs,
        // The app answers a body that does not come, in the surface's words; Node would cut a longer limit short.
        requestTimeout: 0,
        connectionsCheckingInterval: Math.min(MAX_CHECK_MS, headersTimeoutMs),
        maxHeaderSize: MAX_HEADER_BYTES,
        insecureHTTPParser: false,
        noDelay: true,
        // The app refuses a request without Host in the surface's words.
        requireHostHeader: false,
      },
      answer,
    );
    // Otherwise Node drops what comes after the 2,000th unseen, a second Host for example; the head is bounded in bytes.
    this.#server.maxHeadersCount = 0;
    // Otherwise Node asks for the body before the app has refused the request, or refuses in words of its own.
    this.#server.on('checkContinue', answer);
    this.#server.on('checkExpectation', answer);
    this.#server.on('connection', (socket: Socket) => this.#admit(socket));
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (!(socket instanceof Socket) || !this.#connections.has(socket)) {
        socket.destroy();
        return;
      }
      const answerUpgrade = (early: Buffer) => {
        const behind = Buffer.concat([head, early]);
        if (isWebSocketRequest(incoming)) this.#answerUpgrade(incoming, socket, behind);
        else this.#answerWithoutUpgrade(incoming, socket, behind);
      };
      if (!this.#connections.hasOpenAnswer(socket)) {
        answerUpgrade(NOTHING);
        return;
      }
      // Node is done with the connection, and would not put the answers of requests that came in a row in their order.
      const stop = watchConnection(socket, () => this.#connections.onDrained(socket));
      this.#upgrades.set(socket, () => stop(answerUpgrade));
    });
    this.#server.on('clientError', (error, socket) => this.#giveUp(error, socket));
    this.#server.on('connect', ({ socket }: IncomingMessage) => this.#refuse(socket, 'not-a-proxy'));
  }

  /** Resolves with the port that is really bound (port 0 picks a free one). Rejects with the system's error. */
  listen(host: string, port: number): Promise<number> {
    avoidNewSocketShapes();
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve(portOf(this.#server.address(), port));
      });
    });
  }

  /** Answers on a connection that was not made to the port; a port need not be taken for it. */
  connect(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Resolves as soon as no request waits for its answer. */
  whenQuiet(): Promise<void> {
    return this.#connections.whenQuiet();
  }

  /**
   * Takes no new connections and lets go of each one as soon as it has no request that waits for its answer; resolves when
   * all are gone. May be called twice.
   */
  drain(): Promise<void> {
    this.#isDraining = true;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#connections.idle()) if (!this.#closeWebSocket(socket)) socket.destroy();
    });
  }

  /** Cuts what is still connected. */
  destroy(): void {
    for (const socket of this.#connections.all()) socket.destroy();
    this.#lingering.destroy();
  }

  /** @param connection the one that owes the answer, which goes out on a socket of its own where the request is a message */
  #answer(connection: Socket, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    if (!this.#connections.has(connection)) {
      // What comes behind the last answer of a connection.
      incoming.resume();
      return;
    }
    this.#connections.begin(connection, outgoing);
    outgoing.on('close', () => this.#end(connection, outgoing));
    outgoing.on('prefinish', () => {
      if (!incoming.complete && socket === connection) this.#awaitBody(incoming, outgoing);
      if (socket.writableLength === 0) return;
      const wait = () => awaitReader(socket, outgoing, this.#options.limits.clientStallMs);
      // Node goes on reading when it is done with a request, which may be after its answer.
      if (incoming.complete) wait();
      else setImmediate(wait);
    });
    this.#listener(incoming, outgoing).catch((error: unknown) => {
      // Whatever it was, the client is not to wait for an answer.
      outgoing.destroy();
      throw error;
    });
  }

  /** Its answer is written while its body is still on the way: it is read for a moment longer, or until its client is done. */
  #awaitBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    const close = () => {
      this.#connections.remove(socket);
      this.#lingering.close(socket);
    };
    // Node calls it when this is the last answer of the connection.
    socket.destroySoon = close;
    outgoing.once('finish', () => {
      const timer = setTimeout(close, UNWANTED_BODY_MS).unref();
      incoming.once('close', () => {
        clearTimeout(timer);
        if (!this.#lingering.has(socket)) Reflect.deleteProperty(socket, 'destroySoon');
      });
    });
  }

  #admit(socket: Socket): void {
    // Node is given a connection once more when it asked for a protocol that there is not.
    if (this.#connections.has(socket)) return;
    const { limits, maxConnections = limits.maxConnections } = this.#options;
    const room = Math.min(limits.maxConnections, maxConnections);
    const refused = Math.ceil(room * REFUSED_SHARE);
    // Node drops what comes beyond that without a word, and with it its open file.
    this.#server.maxConnections = room + refused;
    if (this.#connections.size >= room) {
      const idle = this.#connections.longestIdle();
      if (idle === undefined) {
        this.#refuse(socket, 'too-many-connections', refused);
        return;
      }
      this.#connections.remove(idle);
      idle.destroy();
    }
    this.#connections.add(socket);
  }

  #end(socket: Socket, outgoing: ServerResponse): void {
    if (!this.#connections.end(socket, outgoing)) return;
    const answerUpgrade = this.#upgrades.get(socket);
    if (answerUpgrade !== undefined && !socket.destroyed) {
      this.#upgrades.delete(socket);
      answerUpgrade();
    } else if (this.#isDraining && !this.#closeWebSocket(socket)) socket.destroySoon();
  }

  /** Closes a WebSocket that owes nothing, and leaves its client the time to answer that. False for any other connection. */
  #closeWebSocket(socket: Socket): boolean {
    const webSocket = this.#webSockets.get(socket);
    webSocket?.connection.goAway('the server is stopping');
    return webSocket !== undefined;
  }

  /** The connection goes on as if it had asked for no other protocol: Node parses the same head without that. */
  #answerWithoutUpgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.unshift(Buffer.concat([headWithoutUpgrade(incoming), head]));
    this.#server.emit('connection', socket);
  }

  /** Its route opens the WebSocket, behind all that other requests go through; every other answer is the last of its connection. */
  #answerUpgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const outgoing = new BridgeResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(socket);
    // Node has let go of the connection, and tells its answer no more when there is room again.
    socket.on('drain', () => outgoing.emit('drain'));
    outgoing.on('finish', () => this.#lingering.close(socket));
    offerWebSocket(incoming, () => {
      outgoing.detachSocket(socket);
      const server = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload: this.#options.limits.maxBodyBytes,
      });
      const { connection: _, ...headers } = outgoing.getHeaders();
      server.on('headers', (lines) => {
        for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
      });
      server.handleUpgrade(incoming, socket, head, (webSocket) => {
        outgoing.statusCode = 101;
        const connection = new WebSocketConnection({
          webSocket,
          opening: incoming,
          maxWaitingBytes: this.#options.limits.maxBodyBytes,
          maxTotalBytes: this.#options.limits.maxTotalBodyBytes,
          answer: (request, message) => {
            const answer = new BridgeResponse(request);
            message.carry(answer);
            this.#answer(socket, request, answer);
          },
        });
        this.#keepOpen(socket, connection);
      });
      // Nothing more is written by it, and nothing else would say so.
      outgoing.destroy();
      outgoing.emit('close');
    });
    this.#answer(socket, incoming, outgoing);
  }

  /** Watches over a WebSocket until it is closed. */
  #keepOpen(socket: Socket, connection: WebSocketConnection): void {
    const { pingMs = PING_MS, maxWebSocketMs = MAX_WEB_SOCKET_MS } = this.#options;
    this.#webSockets.set(socket, { connection, closeAt: performance.now() + maxWebSocketMs });
    socket.on('close', () => {
      this.#webSockets.delete(socket);
      if (this.#webSockets.size > 0) return;
      clearInterval(this.#pings);
      this.#pings = undefined;
    });
    this.#pings ??= setInterval(() => this.#checkWebSockets(), pingMs).unref();
  }

  #checkWebSockets(): void {
    const now = performance.now();
    for (const { connection, closeAt } of this.#webSockets.values()) {
      connection.ping();
      connection.checkMessage(now, this.#options.limits.bodyTimeoutMs ?? MESSAGE_TIMEOUT_MS);
      if (now >= closeAt && !connection.isRunning) connection.goAway('open for too long', WEB_SOCKET_TOO_OLD);
    }
  }

  /** Node's parser cannot go on: what follows on this connection could be anything. */
  #giveUp(error: NodeJS.ErrnoException, duplex: Duplex): void {
    const code = connectionCodeOf(error);
    // What it still sends is no request, and need not be.
    if (code !== undefined && duplex instanceof Socket && this.#lingering.has(duplex)) return;
    if (code === undefined || !(duplex instanceof Socket) || !this.#connections.has(duplex)) {
      duplex.destroy();
      return;
    }
    // A browser opens connections ahead of need; one that never sent anything is owed no answer.
    const isUnused = code === 'headers-timeout' && duplex.bytesRead === 0;
    if (isUnused) duplex.destroy();
    else this.#refuse(duplex, code);
  }

  /**
   * What is answered where the app cannot: Hono's adapter found no URL in the request (a malformed Host or target), which
   * nobody but an attacker or a tester sends; or the app itself broke.
   */
  #toLastResort(error: unknown): Response {
    if (!(error instanceof RequestError)) return new Response(null, { status: 500 });
    const refusal = createRefusal('malformed-request');
    this.#options.onRefusal?.(refusal, undefined);
    return new Response('400 Bad Request: malformed Host header or request target', {
      status: 400,
      headers: { 'content-type': 'text/plain; charset=utf-8', [REQUEST_ID_HEADER]: refusal.requestId },
    });
  }

  /** Cuts a connection of which a part of an answer is out. @param room how many connections may be closing at a time */
  #refuse(socket: Socket, code: ConnectionCode, room?: number): void {
    if (this.#connections.isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const refusal = createRefusal(code);
    this.#options.onRefusal?.(refusal, socket.remoteAddress);
    if (socket.writable) socket.write(refusal.bytes);
    this.#connections.remove(socket);
    this.#lingering.close(socket, room);
  }
}

/**
 * All of an answer is written, and its client has not taken it yet: if nothing goes out for `stallMs`, Node cuts the
 * connection. Nothing is read meanwhile, for that would count as a sign of life.
 */
function awaitReader(socket: Socket, outgoing: ServerResponse, stallMs: number): void {
  if (outgoing.writableFinished || socket.destroyed) return;
  socket.pause();
  socket.setTimeout(stallMs);
  // Before Node's own listener, which sets the time for the next request.
  outgoing.prependOnceListener('finish', () => {
    socket.setTimeout(0);
    socket.resume();
  });
}

function portOf(address: AddressInfo | string | null, requested: number): number {
  return typeof address === 'object' && address !== null ? address.port : requested;
}
