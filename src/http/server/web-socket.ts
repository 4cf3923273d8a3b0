/**
 * A connection that became a WebSocket. Each message is a request of its own, which goes the way of all requests: past the guards, to its
 * route, and into the logs and figures. One runs at a time, and the next ones wait in their order.
 */
import { IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { isJsonObject, parseJson } from '../../core/json-object.js';
import { type GatheredBody, gatheredBodies } from '../body/body-budget.js';
import { networkOf } from '../caller.js';
import { type MessageChannel, MessageSocket } from './message-socket.js';

/** Messages that may wait for one to be answered; past that the connection is closed. */
const MAX_WAITING = 16;

/** Codes with which a WebSocket is closed (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
/** A message that is no longer than this is not counted while it comes. */
const SMALL_BYTES = 2 ** 16;

/** What a client's ping or pong takes besides its data: two bytes and a mask (RFC 6455 §5.2). */
const CONTROL_FRAME_BYTES = 6;

/** Of the request that asked for the WebSocket, and of no message. */
const HANDSHAKE_HEADERS =
  /^(connection|upgrade|sec-websocket-.*|content-.*|expect|transfer-encoding|http2-settings)$/;

export interface WebSocketOptions {
  readonly webSocket: WebSocket;
  /** The request that asked for it, whose head every message shares. */
  readonly opening: IncomingMessage;
  /** All that wait together, in bytes. */
  readonly maxWaitingBytes: number;
  /** All messages and bodies together, in bytes. */
  readonly maxTotalBytes: number;
  /** Answers the request that a message is, on `socket`. */
  answer(incoming: IncomingMessage, socket: MessageSocket): void;
}

export class WebSocketConnection implements MessageChannel, GatheredBody {
  /** Of the address: the key is known only for each message. */
  readonly client: string;
  readonly isWhole = false;
  readonly #options: WebSocketOptions;
  readonly #headers: IncomingHttpHeaders;
  readonly #rawHeaders: readonly string[];
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Of the message that is on its way, and since when that is, on the monotonic clock. */
  #partBytes = 0;
  #partSince = 0;
  #running: MessageSocket | undefined;
  #isClosed = false;
  #onClose: (() => void)[] = [];
  /** False from a ping until the client has answered it. */
  #isAlive = true;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    const { webSocket, opening } = options;
    this.client = networkOf(opening.socket.remoteAddress);
    this.#headers = Object.fromEntries(
      Object.entries(opening.headers).filter(([name]) => !HANDSHAKE_HEADERS.test(name)),
    );
    this.#rawHeaders = [...opening.rawHeaders];
    // Before the library reads it.
    opening.socket.prependListener('data', (bytes: Buffer) => this.#count(bytes.length));
    // Behind it: a client that has said that it closes is gone, though its connection may stay for a while.
    opening.socket.on('data', () => this.#stopIfClosing());
    webSocket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    webSocket.on('pong', (data) => {
      this.#isAlive = true;
      this.#partBytes -= CONTROL_FRAME_BYTES + data.length;
    });
    webSocket.on('ping', (data) => {
      this.#partBytes -= CONTROL_FRAME_BYTES + data.length;
    });
    // Of what breaks the protocol or is too long: the library closes the connection itself, and `close` follows.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => this.#closed());
  }

  get bytes(): number {
    return this.#partBytes + this.#waitingBytes;
  }

  /** All bodies together are too much. */
  refuse(): void {
    const { webSocket } = this.#options;
    webSocket.close(TRY_AGAIN_LATER, 'too much is being received');
    webSocket.terminate();
  }

  get isRunning(): boolean {
    return this.#running !== undefined || this.#waiting.length > 0;
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  /** Closes a connection of which a message has not become whole in time. @param now on the monotonic clock */
  checkMessage(now: number, timeoutMs: number): void {
    if (this.#partBytes <= 0 || now - this.#partSince < timeoutMs) return;
    this.#refuseMessage(POLICY_VIOLATION, 'a message took too long to come');
  }

  /** Cuts a client that has not answered the last ping, and pings it again. */
  ping(): void {
    const { webSocket } = this.#options;
    if (!this.#isAlive) {
      webSocket.terminate();
      return;
    }
    this.#isAlive = false;
    if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
  }

  /**
   * Takes no more messages and has the client open another connection.
   * @param error what it is told first; nothing without it
   */
  goAway(reason: string, error?: object): void {
    const { webSocket } = this.#options;
    if (error !== undefined && webSocket.readyState === webSocket.OPEN) webSocket.send(JSON.stringify(error));
    webSocket.close(GOING_AWAY, reason);
  }

  #count(bytes: number): void {
    if (this.#partBytes <= 0) this.#partSince = performance.now();
    this.#partBytes += bytes;
    if (this.bytes > SMALL_BYTES) gatheredBodies.update(this, this.#options.maxTotalBytes);
  }

  #receive(data: RawData, isBinary: boolean): void {
    const { webSocket, maxWaitingBytes } = this.#options;
    this.#partBytes = 0;
    if (this.#waitingBytes <= SMALL_BYTES) gatheredBodies.remove(this);
    if (this.#isClosed || webSocket.readyState !== webSocket.OPEN) return;
    // Any message is a sign of life.
    this.#isAlive = true;
    if (isBinary) {
      this.#refuseMessage(UNSUPPORTED_DATA, 'messages are JSON text');
      return;
    }
    const message = toBuffer(data);
    if (this.#running === undefined) {
      this.#run(message);
      return;
    }
    const isTooMuch = this.#waitingBytes + message.length > maxWaitingBytes;
    if (this.#waiting.length >= MAX_WAITING || isTooMuch) {
      this.#refuseMessage(POLICY_VIOLATION, 'too many messages wait for an answer');
      return;
    }
    this.#waiting.push(message);
    this.#waitingBytes += message.length;
    this.#count(0);
  }

  #refuseMessage(code: number, reason: string): void {
    this.#options.webSocket.close(code, reason);
    this.#stopIfClosing();
  }

  /** Nothing more is sent on a connection that is being closed, by either side: its turn is stopped now. */
  #stopIfClosing(): void {
    const { webSocket } = this.#options;
    if (webSocket.readyState !== webSocket.CLOSING) return;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#running?.destroy();
  }

  #run(message: Buffer): void {
    const { webSocket, opening, answer } = this.#options;
    const socket = new MessageSocket(webSocket, this, opening.socket.remoteAddress);
    socket.streamId = streamIdOf(message);
    this.#running = socket;
    socket.on('close', () => this.#ended(socket));
    answer(this.#toRequest(message, socket), socket);
  }

  /** The next message, once no part of an answer is owed. */
  #ended(socket: MessageSocket): void {
    if (this.#running !== socket) return;
    this.#running = undefined;
    const { webSocket } = this.#options;
    // An answer that broke off could be taken for whole on a connection that goes on.
    if (socket.wasCut && webSocket.readyState === webSocket.OPEN) webSocket.terminate();
    const next =
      this.#isClosed || webSocket.readyState !== webSocket.OPEN ? undefined : this.#waiting.shift();
    if (next === undefined) return;
    this.#waitingBytes -= next.length;
    if (this.bytes <= SMALL_BYTES) gatheredBodies.remove(this);
    this.#run(next);
  }

  /** HTTP/1.0, whose answers are not chunked. */
  #toRequest(message: Buffer, socket: Socket): IncomingMessage {
    const incoming = new IncomingMessage(socket);
    incoming.method = 'POST';
    incoming.url = this.#options.opening.url ?? '/';
    incoming.httpVersion = '1.0';
    incoming.httpVersionMajor = 1;
    incoming.httpVersionMinor = 0;
    incoming.headers = {
      ...this.#headers,
      'content-type': 'application/json',
      'content-length': String(message.length),
    };
    incoming.rawHeaders = [...this.#rawHeaders];
    incoming.push(message);
    incoming.push(null);
    incoming.complete = true;
    return incoming;
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting.length = 0;
    gatheredBodies.remove(this);
    this.#running?.destroy();
    const listeners = this.#onClose;
    this.#onClose = [];
    for (const listener of listeners) listener();
  }
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

/** A longer message is not looked into. */
const MAX_NAMED_BYTES = 2 ** 20;

/** The name that a message gives to what it asks for: OpenAI's clients tell several of one connection apart by it. */
function streamIdOf(message: Buffer): string | undefined {
  if (message.length > MAX_NAMED_BYTES || !message.includes('"stream_id"')) return undefined;
  // Its route says what is wrong with it where it is no JSON.
  const parsed = parseJson(message.toString());
  const id = isJsonObject(parsed) ? parsed['stream_id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}
