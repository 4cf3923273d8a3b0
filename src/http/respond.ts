/** Sends answers: whole ones through Hono, streams straight to the socket, a turn's events in the order they came. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { Event } from '../conversation/event.js';
import type { Fault } from '../conversation/fault.js';
import type { OpenStreams, StreamFormat } from './open-streams.js';
import type { HttpEnv, WireAnswer } from './surface.js';

/** Turns events into the bytes of one stream. Pure but for its own state; one per stream. */
export interface StreamEncoder extends StreamFormat {
  /** The text for a batch, '' if nothing in it shows. A fault becomes the wire's in-band error, a finish its last lines. */
  encode(batch: readonly Event[]): string;
}

/** Sends an answer that is whole. */
export function respondWhole(c: Context<HttpEnv>, answer: WireAnswer): Response {
  return new Response(c.req.method === 'HEAD' ? null : answer.body, {
    status: answer.status,
    headers: { 'content-type': answer.contentType, ...answer.headers },
  });
}

/**
 * Streams a turn. The headers wait for the first event that shows (or for the hold to pass), so that a refusal is a real
 * HTTP status: a fault that comes first is thrown, to be worded as a whole answer. After that a fault is told in-band.
 */
export async function respondStream(
  c: Context<HttpEnv>,
  streams: OpenStreams,
  turn: AsyncIterable<readonly Event[]>,
  encoder: StreamEncoder,
): Promise<Response> {
  const stream = streams.open(c.env.outgoing, encoder);
  for await (const batch of turn) {
    if (!stream.isCommitted) {
      const fault = faultThatComesFirst(batch);
      if (fault) throw fault;
    }
    const text = encoder.encode(batch);
    if (text !== '' && !stream.write(text)) await stream.drained();
  }
  stream.end();
  return RESPONSE_ALREADY_SENT;
}

/** The fault of a batch in which nothing that shows stands before it. */
function faultThatComesFirst(batch: readonly Event[]): Fault | undefined {
  for (const event of batch) {
    if (event.type === 'fault') return event.fault;
    if (event.type !== 'ready') return undefined;
  }
  return undefined;
}
