/** One request to the server over Node's own HTTP client, whose cost is a third of `fetch`. Redirects are answers like any other. */
import { once } from 'node:events';
import {
  Agent as HttpAgent,
  type ClientRequest,
  globalAgent,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { Fault } from '../core/fault.js';
import { isJsonObject } from '../core/json-object.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Decompressed. Who does not read it to its end destroys it. */
  readonly body: Readable;
}

/** No answer has come at all; its cause says why. */
export class NoAnswer extends Error {
  constructor(cause: unknown) {
    super('no answer has come', { cause });
    this.name = 'NoAnswer';
  }
}

/** How long a connection is kept for the next request; most servers close theirs after 5 s. In ms. */
const IDLE_MS = 4_000;
/** How long a connection may take to be there, in ms. */
const CONNECT_MS = 10_000;
/** Node's own limit is a quarter of that. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Node's own agents go through the proxies of the environment where it is told so (24.5 and newer); others have to be told. */
const ofGlobal: unknown = Reflect.get(globalAgent, 'options');
const proxyEnv = isJsonObject(ofGlobal) ? ofGlobal['proxyEnv'] : undefined;
// Not every Node that is supported has types for it.
const proxyOptions: object = proxyEnv === undefined ? {} : { proxyEnv };
const AGENT_OPTIONS = { keepAlive: true, timeout: IDLE_MS, ...proxyOptions };
const httpAgent = new HttpAgent(AGENT_OPTIONS);
const httpsAgent = new HttpsAgent(AGENT_OPTIONS);

/**
 * A request of which the server cannot have had the whole, because it had closed a kept connection, is sent again on another one. No other is:
 * it may have been run. Rejects with `NoAnswer`, and with the reason of its signal.
 */
export async function sendRequest(url: string, request: HttpRequest): Promise<HttpAnswer> {
  for (;;) {
    try {
      return await sendOnce(url, request);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
    }
  }
}

/** Of a kept connection, each of which fails once. */
class StaleConnection extends Error {}

function sendOnce(url: string, { method, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const isSecure = url.startsWith('https:');
    /** The system has taken all of it. */
    let isSent = false;
    const fail = (error: unknown) => {
      if (signal.aborted) reject(signal.reason);
      else if (request?.reusedSocket && !isSent) reject(new StaleConnection());
      else reject(new NoAnswer(error));
    };
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      method,
      signal,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: { 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'node', ...headers, ...length },
    };
    let request: ClientRequest | undefined;
    try {
      request = isSecure
        ? httpsRequest(url, { ...options, agent: httpsAgent })
        : httpRequest(url, { ...options, agent: httpAgent });
    } catch (error) {
      fail(error);
      return;
    }
    request.on('error', fail);
    // Without a listener it would end without a word.
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(
        new Fault('worker-error', 'the upstream changes to another protocol (101), and does not answer'),
      );
    });
    request.once('finish', () => {
      isSent = true;
    });
    request.once('socket', (socket) => {
      if (socket.connecting) limitConnect(request, socket, isSecure ? 'secureConnect' : 'connect');
      if (request.reusedSocket) afterNextPoll(() => request.end(body));
      else request.end(body);
    });
    request.once('response', (response) => {
      response.once('end', () => {
        // A server that has answered already does not read the rest.
        if (!isSent) request.destroy();
      });
      toAnswer(response).then(resolve, fail);
    });
  });
}

/** Calls back when the event loop has seen what lies in the system: that a connection is closed, for one. */
function afterNextPoll(callback: () => void): void {
  // The first of them may come before the loop polls.
  setImmediate(() => setImmediate(callback));
}

function limitConnect(request: ClientRequest, socket: Socket, event: 'connect' | 'secureConnect'): void {
  const timer = setTimeout(() => request.destroy(new ConnectTimeout()), CONNECT_MS);
  const clear = () => clearTimeout(timer);
  socket.once(event, clear);
  socket.once('close', clear);
}

class ConnectTimeout extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super(`no connection within ${CONNECT_MS / 1_000} s`);
    this.name = 'ConnectTimeout';
  }
}

async function toAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const headers = new Headers();
  const { rawHeaders } = response;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) append(headers, rawHeaders[at], rawHeaders[at + 1]);
  const encodings = response.headers['content-encoding'];
  const body = encodings === undefined ? response : await decompress(response, encodings);
  return { status: response.statusCode ?? 0, headers, body };
}

/** Names and values that no header may have are left out. */
function append(headers: Headers, name = '', value = ''): void {
  try {
    headers.append(name, value);
  } catch {
    // Node's parser is more lenient than the standard.
  }
}

/** What breaks off gives what there is, as browsers do. */
const ZLIB_OPTIONS = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI_OPTIONS = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** The longest name of an encoding that is repeated. */
const MAX_ENCODING_CHARACTERS = 40;

/** @param encodings the value of `content-encoding`: the last one was applied last */
async function decompress(response: Readable, encodings: string): Promise<Readable> {
  let body = response;
  for (const encoding of encodings.toLowerCase().split(',').reverse()) {
    switch (encoding.trim()) {
      case 'gzip':
      case 'x-gzip':
        body = pipeline(body, createGunzip(ZLIB_OPTIONS), ignore);
        break;
      case 'deflate':
        body = await inflate(body);
        break;
      case 'br':
        body = pipeline(body, createBrotliDecompress(BROTLI_OPTIONS), ignore);
        break;
      case 'identity':
      case '':
        break;
      default:
        return unreadable(encoding.trim(), response);
    }
  }
  return body;
}

/** The status and the headers can be read, and the body cannot. */
function unreadable(encoding: string, response: Readable): Readable {
  response.destroy();
  const named = encoding.slice(0, MAX_ENCODING_CHARACTERS);
  return new Readable({
    read() {
      this.destroy(
        new Fault(
          'worker-error',
          `the upstream gave an answer that cannot be read (content-encoding ${named})`,
        ),
      );
    },
  });
}

/** The low half of the first byte of what has the head that the standard wants. */
const DEFLATE_METHOD = 8;

/** With the head of the standard, or without it, as many servers write it. */
async function inflate(body: Readable): Promise<Readable> {
  await once(body, 'readable');
  const first: unknown = body.read();
  if (Buffer.isBuffer(first)) body.unshift(first);
  const hasHead = Buffer.isBuffer(first) && (first.readUInt8(0) & 0x0f) === DEFLATE_METHOD;
  return pipeline(body, hasHead ? createInflate(ZLIB_OPTIONS) : createInflateRaw(ZLIB_OPTIONS), ignore);
}

/** Who reads the body learns of its errors. */
function ignore(): void {}
