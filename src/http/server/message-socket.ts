/**
 * What one message of a WebSocket is answered on: to Node a client's socket, of which the answer's bytes go out as messages. An event
 * stream becomes a message for each event, anything else one message with its status.
 */
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { isJsonObject, parseJson } from '../../core/json-object.js';

/** What stands behind the head of an answer. */
const HEAD_END = '\r\n\r\n';
const FRAME_END = '\n\n';
/** Stands in front of an event's JSON, in the last line of its frame. */
const DATA = 'data: ';
/** The last frame of some streams, which is no JSON. */
const DONE = '[DONE]';

/** Headers of a refusal that its client goes by. */
const ERROR_HEADERS = ['retry-after', 'x-should-retry', 'x-request-id'];

/** The connection that a message came by: the same object for all of its messages. */
export interface MessageChannel {
  /** @param listener called once, when the connection is closed */
  onClose(listener: () => void): void;
}

export class MessageSocket extends Socket {
  readonly channel: MessageChannel;
  /** A name that the message bears, which each of its events repeats. */
  streamId: string | undefined;
  readonly #webSocket: WebSocket;
  #outgoing: ServerResponse | undefined;
  /** True once the head of the answer has gone by. */
  #hasHead = false;
  /** What came last and is no whole frame yet; all of the body where it is no event stream. */
  #rest = '';

  constructor(webSocket: WebSocket, channel: MessageChannel, remoteAddress: string | undefined) {
    super();
    this.#webSocket = webSocket;
    this.channel = channel;
    Object.defineProperty(this, 'remoteAddress', { value: remoteAddress });
    // What a listener sets for an answer that is not read.
    this.on('timeout', () => this.destroy());
  }

  /** True for an answer that ended before it was whole. */
  get wasCut(): boolean {
    return this.#outgoing?.writableFinished === false;
  }

  /** Has the bytes of `outgoing` come here. */
  carry(outgoing: ServerResponse): void {
    this.#outgoing = outgoing;
    outgoing.assignSocket(this);
    // An HTTP server tells its own answers when there is room again: without it one that waits would wait for ever.
    this.on('drain', () => outgoing.emit('drain'));
    outgoing.on('finish', () => {
      if (!isEventStream(outgoing) && this.#rest !== '')
        this.#send([JSON.stringify(toErrorMessage(outgoing, this.#rest))], () => undefined);
      this.destroy();
    });
  }

  override _read(): void {
    // The request is there already: nothing is ever read.
  }

  override _write(chunk: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#forward([chunk], done);
  }

  override _writev(chunks: { chunk: string | Uint8Array }[], done: () => void): void {
    this.#forward(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #forward(chunks: readonly (string | Uint8Array)[], done: () => void): void {
    for (const chunk of chunks)
      this.#rest += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    if (!this.#hasHead) {
      const end = this.#rest.indexOf(HEAD_END);
      if (end === -1) {
        done();
        return;
      }
      this.#hasHead = true;
      this.#rest = this.#rest.slice(end + HEAD_END.length);
    }
    const isStream = this.#outgoing !== undefined && isEventStream(this.#outgoing);
    this.#send(isStream ? this.#takeEvents() : [], done);
  }

  /** The JSON of each event that is whole. */
  #takeEvents(): readonly string[] {
    const frames = this.#rest.split(FRAME_END);
    this.#rest = frames.pop() ?? '';
    return frames.flatMap((frame) => {
      const json = frame.slice(frame.lastIndexOf('\n') + 1);
      return json.startsWith(DATA) && json !== DATA + DONE ? [json.slice(DATA.length)] : [];
    });
  }

  /**
   * `done` is called once the socket has taken the last of them, so that a slow reader slows its answer. What a socket that is closing
   * does not take any more is dropped.
   */
  #send(messages: readonly string[], done: () => void): void {
    const last = messages.at(-1);
    if (last === undefined) {
      done();
      return;
    }
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) {
      done();
      // Its client is leaving: the turn is stopped now, and not when all that was written before has gone out.
      this.destroy();
      return;
    }
    const ignore = () => undefined;
    for (const message of messages.slice(0, -1)) this.#webSocket.send(this.#named(message), ignore);
    this.#webSocket.send(this.#named(last), () => done());
  }

  #named(message: string): string {
    return this.streamId === undefined
      ? message
      : `${message.slice(0, -1)},"stream_id":${JSON.stringify(this.streamId)}}`;
  }
}

function isEventStream(outgoing: ServerResponse): boolean {
  return String(outgoing.getHeader('content-type') ?? '').startsWith('text/event-stream');
}

/** As OpenAI's WebSocket has it: `{type: 'error', status, error, headers}`. */
function toErrorMessage(outgoing: ServerResponse, body: string): object {
  const headers = ERROR_HEADERS.flatMap((name) => {
    const value = outgoing.getHeader(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  return {
    type: 'error',
    status: outgoing.statusCode,
    error: toError(body),
    headers: Object.fromEntries(headers),
  };
}

function toError(body: string): unknown {
  const parsed = parseJson(body);
  if (isJsonObject(parsed)) return parsed['error'] ?? parsed;
  // Only what Hono's adapter says of a request that it cannot read is no JSON.
  return { message: body, type: 'server_error', code: null, param: null };
}
