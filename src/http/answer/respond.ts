/** Sends answers: whole ones through Hono, streams straight to the socket, a turn's events in the order they came. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { type Event, isEnd } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import type { HttpEnv } from '../surface.js';
import type { OpenStream, OpenStreams, StreamFormat } from './open-streams.js';
import type { WireAnswer } from './wire-answer.js';

/** Turns events into the bytes of one stream. Pure but for its own state; one per stream. */
export interface StreamEncoder extends StreamFormat {
  /**
   * The text for a batch, '' if nothing in it is visible. A fault becomes the wire's in-band error, a finish its last lines.
   */
  encode(batch: readonly Event[]): string;
  /** How many answers the stream is made of, each of which has its end; one where it does not say. */
  readonly answers?: number;
  /** What has to be done before the text that was given last may leave. Never rejects. */
  readonly pending?: Promise<void> | undefined;
}

/**
 * The same headers, which take a tenth of the time to be walked through: the adapter copies those of every answer, and Node's own take
 * longer than all else that it does for a stream.
 */
function quickHeaders(headers: Headers): Headers {
  const entries = [...headers];
  return Object.defineProperties(new Headers(headers), {
    has: { value: (name: string) => entries.some(([known]) => known === name.toLowerCase()) },
    [Symbol.iterator]: { value: () => entries[Symbol.iterator]() },
  });
}

/** What a route returns whose answer does not go through Hono. */
export const ALREADY_SENT: Response = Object.defineProperty(RESPONSE_ALREADY_SENT.clone(), 'headers', {
  value: quickHeaders(RESPONSE_ALREADY_SENT.headers),
});

/** On the answers to requests that the answer cache was asked for: `hit` or `miss`. */
const CACHE_HEADER = 'x-hum-cache';
/** Says that the worker may not have all tools of the request. */
const TOOLS_HEADER = 'x-hum-tools';
/** Names the strict tools of which a call of the answer does not fit the schema. */
const UNFIT_CALLS_HEADER = 'x-hum-unfit-calls';

/** Sends an answer that is whole. */
export function respondWhole(c: Context<HttpEnv>, answer: WireAnswer): Response {
  return new Response(c.req.method === 'HEAD' ? null : answer.body, {
    status: answer.status,
    headers: { 'content-type': answer.contentType, ...answer.headers },
  });
}

/**
 * Streams a turn. The headers wait for the first visible event (or for the hold to pass), so that a refusal is a real
 * HTTP status: a fault that comes first is thrown, to be worded as a whole answer. After that a fault is sent in-band. What
 * goes wrong by our own mistake is thrown in any case, for the log.
 */
export async function respondStream(
  c: Context<HttpEnv>,
  streams: OpenStreams,
  turn: AsyncIterable<readonly Event[]>,
  encoder: StreamEncoder,
): Promise<Response> {
  const stream = streams.open(c.env.outgoing, encoder);
  let answersLeft = encoder.answers ?? 1;
  try {
    for await (const batch of turn) {
      if (!stream.isCommitted) {
        writeNotes(c.env.outgoing, batch);
        const fault = faultThatComesFirst(batch);
        if (fault) throw fault;
      }
      const text = encoder.encode(batch);
      if (encoder.pending !== undefined) await encoder.pending;
      const last = batch.at(-1);
      if (last !== undefined && isEnd(last)) answersLeft--;
      // Before the turn is asked for more, which is when its observers are notified of its end.
      if (answersLeft <= 0) stream.end(text);
      else if (text !== '' && !stream.write(text)) await stream.drained();
    }
    stream.end();
  } catch (error) {
    if (stream.isCommitted && !stream.isEnded) breakOff(stream, encoder, error);
    throw error;
  }
  return ALREADY_SENT;
}

/**
 * Streams texts that are made already, or by somebody else. Ends when they do, or when the client leaves; where they break off it is cut,
 * and what went wrong is thrown.
 */
export async function respondTexts(
  c: Context<HttpEnv>,
  streams: OpenStreams,
  format: StreamFormat,
  texts: AsyncIterable<string>,
): Promise<Response> {
  const stream = streams.open(c.env.outgoing, format);
  try {
    for await (const text of texts) if (!stream.write(text)) await stream.drained();
    stream.end();
  } catch (error) {
    if (stream.isCommitted) stream.cut();
    throw error;
  }
  return ALREADY_SENT;
}

/** The error can only be sent within the stream. Where its encoder is what broke, it is cut: never a normal end. */
function breakOff(stream: OpenStream, encoder: StreamEncoder, error: unknown): void {
  let text = '';
  try {
    text = encoder.encode([{ type: 'fault', fault: Fault.from(error) }]);
  } catch {
    // The first error is the one to report.
  }
  if (text === '') stream.cut();
  else stream.end(text);
}

/** The fault of a batch in which no visible event stands before it. */
function faultThatComesFirst(batch: readonly Event[]): Fault | undefined {
  for (const event of batch) {
    if (event.type === 'fault') return event.fault;
    if (event.type !== 'ready') return undefined;
  }
  return undefined;
}

/**
 * To be called with every batch of a turn: sets the headers that it asks for. Of several turns in one answer, a cache miss
 * counts.
 */
export function writeNotes(outgoing: ServerResponse, batch: readonly Event[]): void {
  if (outgoing.headersSent) return;
  for (const event of batch) {
    if (event.type !== 'ready') continue;
    if (event.unfitCalls !== undefined)
      outgoing.setHeader(UNFIT_CALLS_HEADER, toHeaderList(event.unfitCalls));
    if (event.note === 'tools-unconfirmed') outgoing.setHeader(TOOLS_HEADER, 'unconfirmed');
    if (event.cache === 'miss' || (event.cache === 'hit' && !outgoing.hasHeader(CACHE_HEADER)))
      outgoing.setHeader(CACHE_HEADER, event.cache);
  }
}

/** The same within an event stream, whose head may be gone: a comment, which clients pass over. */
export function toUnfitCallsComment(names: readonly string[]): string {
  return `: ${UNFIT_CALLS_HEADER}: ${toHeaderList(names)}\n\n`;
}

/** A client may call its tools what it likes; a head takes few characters. */
function toHeaderList(names: readonly string[]): string {
  return names.map((name) => encodeURIComponent(name.toWellFormed())).join(', ');
}
