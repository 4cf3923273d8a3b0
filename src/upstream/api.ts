/** The HTTP side: requests to one OpenAI-compatible server, which is sent no more than it needs. */
import type { Readable } from 'node:stream';
import { createParser, type ParseError } from 'eventsource-parser';
import { readText } from '../core/read-text.js';
import { type HttpAnswer, type HttpRequest, sendRequest } from './http-request.js';

export interface ApiFacts {
  /** Where its routes begin: `http://127.0.0.1:8000/v1`. */
  readonly base: string;
  /** Goes to `base` and nowhere else; undefined sends none. */
  readonly apiKey: string | undefined;
}

/** An answer with another status than 2xx. */
export class UpstreamRefusal extends Error {
  readonly status: number;
  readonly headers: Headers;
  /** Its text, as much of it as is read. */
  readonly body: string;

  constructor(status: number, headers: Headers, body: string) {
    super(`the upstream answered ${status}`);
    this.name = 'UpstreamRefusal';
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** The longest piece of an error's body that is read, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** A longer list of models is none, in bytes. */
const MAX_LIST_BYTES = 16 * 2 ** 20;
/** What a stream may have behind its end, in bytes. */
const MAX_REST_BYTES = 64 * 1024;
/** A longer line of an event stream is none of a chat completion. In characters. */
const MAX_EVENT_CHARACTERS = 32 * 2 ** 20;

/** Repeats nothing by itself: a turn that was charged once is not run twice. Rejects as `sendRequest` does, and with `UpstreamRefusal`. */
export class Api {
  /** Where its routes begin. */
  base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ base, apiKey }: ApiFacts) {
    this.base = base;
    this.#headers = {
      accept: 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
  }

  /** Rejects with a SyntaxError for what is no JSON, too, and with `TooLong`. */
  async get(path: string, signal: AbortSignal, base = this.base): Promise<unknown> {
    const response = await this.#send(base + path, {
      method: 'GET',
      headers: this.#headers,
      body: undefined,
      signal,
    });
    return JSON.parse(await readText(response, MAX_LIST_BYTES));
  }

  /** @param body JSON text */
  post(path: string, body: string, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    return this.#send(this.base + path, { method: 'POST', headers, body, signal });
  }

  /** A redirect would carry the prompt, and on the same origin the key, to a server that is not configured: it is a refusal. */
  async #send(url: string, request: HttpRequest): Promise<HttpAnswer> {
    const answer = await sendRequest(url, request);
    const { status, headers, body } = answer;
    if (status >= 200 && status < 300) return answer;
    throw new UpstreamRefusal(status, headers, await readSome(body));
  }
}

/** What the end of an event stream is called. */
const DONE = '[DONE]';
/** Stands behind the last value of a stream that was ended as it should be. */
export const END_OF_STREAM = Symbol('the end of the stream');

/** Names of events that say only that the server is there. */
const SIGN_OF_LIFE = /^(?:ping|keep-?alive|heartbeat)$/i;

/**
 * The JSON values of an answer: those of an event stream as they come, or the one of a whole answer, whatever the server says that it
 * sends. An empty batch is a sign of life. Rejects as the body does, and with a SyntaxError for what is no JSON.
 */
export async function* readValues({ body }: HttpAnswer): AsyncGenerator<readonly unknown[], void, undefined> {
  const values: unknown[] = [];
  let isDone = false;
  let hasSign = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ event = '', data }) => {
      if (SIGN_OF_LIFE.test(event)) {
        hasSign = true;
      } else if (data.trim() === DONE) {
        if (!isDone) values.push(END_OF_STREAM);
        isDone = true;
      } else if (!isDone && data !== '') values.push(parseJson(data));
    },
    onComment: () => {
      hasSign = true;
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error;
      const stray = isDone ? undefined : readStray(error);
      if (stray !== undefined) values.push(stray);
    },
  });
  let isStream: boolean | undefined;
  let charactersWithoutEvent = 0;
  let whole = '';
  const decoder = new TextDecoder();
  let isOver = false;
  try {
    for await (const value of body.iterator({ destroyOnReturn: false })) {
      const text = decoder.decode(value, { stream: true });
      if (isStream === undefined || !isStream) {
        whole += text;
        if (whole.length > MAX_EVENT_CHARACTERS) throw new SyntaxError('the answer is too long');
        if (isStream === undefined && whole.trimStart() !== '') isStream = !/^\s*[[{]/.test(whole);
        if (!isStream) continue;
        parser.feed(whole);
        whole = '';
      } else parser.feed(text);
      if (isDone) break;
      charactersWithoutEvent = values.length > 0 ? 0 : charactersWithoutEvent + text.length;
      if (charactersWithoutEvent > MAX_EVENT_CHARACTERS) throw new SyntaxError('the answer has no events');
      if (values.length > 0 || hasSign) yield values.splice(0);
      hasSign = false;
    }
    isOver = true;
    if (isStream === false) yield [...readWhole(whole)];
    else {
      // Some servers leave out the line that ends the last event.
      if (!isDone) parser.reset({ consume: true });
      if (values.length > 0) yield values;
    }
  } finally {
    // What is read to its end leaves a connection that the next request can take.
    if (isOver && isDone) drain(body);
    else if (!isOver) body.destroy();
  }
}

/** How long a server may take to end a stream behind its last event. */
const DRAIN_MS = 1_000;

function drain(body: Readable): void {
  if (body.readableEnded || body.destroyed) return;
  const timer = setTimeout(() => body.destroy(), DRAIN_MS).unref();
  let bytes = 0;
  body.on('data', ({ length }: Buffer) => {
    bytes += length;
    if (bytes > MAX_REST_BYTES) body.destroy();
  });
  // The answer is whole; how its connection ends is nobody's concern.
  body.on('error', ignore);
  body.once('close', () => clearTimeout(timer));
  body.resume();
}

function ignore(): void {}

/**
 * An error in a line that is none of an event: llama.cpp writes `error: {…}` where it should be `data: {"error":{…}}`, others the bare
 * JSON of an error that comes when the stream has begun. Undefined for any other line.
 */
function readStray({ field, value = '', line = '' }: ParseError): unknown {
  try {
    if (field === 'error') return { error: JSON.parse(value) };
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers that are none, as Python writes them: of probabilities, for one. */
const NO_NUMBER = /([:,[]\s*)(?:-?Infinity|NaN)(?=\s*[,}\]])/g;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const mended = text.replace(NO_NUMBER, '$1null');
    if (mended === text) throw error;
    return JSON.parse(mended);
  }
}

/** One JSON value, or one on each line. */
function* readWhole(text: string): Generator<unknown, void, undefined> {
  try {
    const value: unknown = parseJson(text);
    if (Array.isArray(value)) yield* value;
    else yield value;
    return;
  } catch (error) {
    if (!text.trim().includes('\n')) throw error;
  }
  for (const line of text.split('\n')) if (line.trim() !== '') yield parseJson(line);
}

/** The beginning of a body; what breaks off is what there is. */
async function readSome(body: Readable): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const piece of body) {
      text += decoder.decode(piece.subarray(0, MAX_ERROR_BYTES - bytes), { stream: true });
      bytes += piece.length;
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status is known; its words are cut.
  }
  return text;
}
