/** The HTTP side: requests to one OpenAI-compatible server, which is sent no more than it needs. */
import { createParser } from 'eventsource-parser';
import { readText } from '../core/read-text.js';

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

/** Repeats nothing by itself: a turn that was charged once is not run twice. Rejects as `fetch` does, and with `UpstreamRefusal`. */
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
    const response = await this.#fetch(base + path, { signal });
    return JSON.parse(await readText(response, MAX_LIST_BYTES));
  }

  /** @param body JSON text */
  post(path: string, body: string, signal: AbortSignal): Promise<Response> {
    return this.#fetch(this.base + path, {
      method: 'POST',
      body,
      signal,
      headers: { 'content-type': 'application/json' },
    });
  }

  async #fetch(url: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    const response = await fetch(url, {
      ...init,
      headers: { ...this.#headers, ...init.headers },
      // A redirect would carry the prompt, and on the same origin the key, to a server that is not configured.
      redirect: 'manual',
    });
    if (response.ok) return response;
    throw new UpstreamRefusal(response.status, response.headers, await readSome(response));
  }
}

/** What the end of an event stream is called. */
const DONE = '[DONE]';
/** Stands behind the last value of a stream that was ended as it should be. */
export const END_OF_STREAM = Symbol('the end of the stream');

/**
 * The JSON values of an answer: those of an event stream as they come, or the one of a whole answer, whatever the server says that it
 * sends. Rejects as the body does, and with a SyntaxError for what is no JSON.
 */
export async function* readValues(response: Response): AsyncGenerator<readonly unknown[], void, undefined> {
  if (response.body === null) return;
  const values: unknown[] = [];
  let isDone = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ data }) => {
      if (data.trim() === DONE) {
        if (!isDone) values.push(END_OF_STREAM);
        isDone = true;
      } else if (!isDone && data !== '') values.push(JSON.parse(data));
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error;
    },
  });
  let isStream: boolean | undefined;
  let charactersWithoutEvent = 0;
  let whole = '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
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
      if (values.length > 0) yield values.splice(0);
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
    if (isOver && isDone) void drain(reader);
    else if (!isOver) void reader.cancel().catch(ignore);
  }
}

/** How long a server may take to end a stream behind its last event. */
const DRAIN_MS = 1_000;

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(ignore), DRAIN_MS).unref();
  try {
    for (let bytes = 0; bytes <= MAX_REST_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (bytes > MAX_REST_BYTES) await reader.cancel();
    }
  } catch {
    // The answer is whole; how its connection ends is nobody's concern.
  }
  clearTimeout(timer);
}

function ignore(): void {}

/** One JSON value, or one on each line. */
function* readWhole(text: string): Generator<unknown, void, undefined> {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) yield* value;
    else yield value;
    return;
  } catch (error) {
    if (!text.trim().includes('\n')) throw error;
  }
  for (const line of text.split('\n')) if (line.trim() !== '') yield JSON.parse(line);
}

/** The beginning of a body; what breaks off is what there is. */
async function readSome(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece.subarray(0, MAX_ERROR_BYTES - bytes), { stream: true });
      bytes += piece.length;
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status is known; its words are cut.
  }
  return text;
}
