/** One request to the server over Node's own HTTP client, whose cost is a third of `fetch`. Redirects are answers like any other. */
import { once } from 'node:events';
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

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
const AGENT_OPTIONS = { keepAlive: true, timeout: IDLE_MS };
const httpAgent = new HttpAgent(AGENT_OPTIONS);
const httpsAgent = new HttpsAgent(AGENT_OPTIONS);

/** Rejects with `NoAnswer`, and with the reason of its signal. */
export function sendRequest(
  url: string,
  { method, headers, body, signal }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const isSecure = url.startsWith('https:');
    const fail = (error: unknown) => reject(signal.aborted ? signal.reason : new NoAnswer(error));
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      method,
      signal,
      headers: { 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'node', ...headers, ...length },
    };
    let request: ClientRequest;
    try {
      request = isSecure
        ? httpsRequest(url, { ...options, agent: httpsAgent })
        : httpRequest(url, { ...options, agent: httpAgent });
    } catch (error) {
      fail(error);
      return;
    }
    request.on('error', fail);
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => request.destroy(new ConnectTimeout()), CONNECT_MS);
      const clear = () => clearTimeout(timer);
      socket.once(isSecure ? 'secureConnect' : 'connect', clear);
      socket.once('close', clear);
    });
    request.once('response', (response) => {
      toAnswer(response).then(resolve, fail);
    });
    request.end(body);
  });
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
      default:
        return body;
    }
  }
  return body;
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
