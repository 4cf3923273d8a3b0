/** Runs a turn and answers with it, streamed or whole. */
import type { Context } from 'hono';
import { type Answer, collect } from '../../core/collect.js';
import type { TurnRequest } from '../../core/request.js';
import { noteCache, respondStream, respondWhole, type StreamEncoder } from '../answer/respond.js';
import { withoutReasoning } from '../answer/turn-filters.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { clientGone, withCaller } from '../caller.js';
import type { HttpEnv, SurfaceContext } from '../surface.js';
import type { Envelope } from './envelope.js';

/** How a route words its answers. */
export interface AnswerShape {
  createEncoder(envelope: Envelope): StreamEncoder;
  toWhole(answer: Answer, envelope: Envelope): WireAnswer;
}

/** Streams unless `stream` is false: Ollama's default. Rejects with the turn's fault while a status can still tell it. */
export async function answerTurn(
  c: Context<HttpEnv>,
  { conversation, streams }: SurfaceContext,
  request: TurnRequest,
  options: {
    readonly stream: boolean | null | undefined;
    readonly envelope: Envelope;
    readonly shape: AnswerShape;
  },
): Promise<Response> {
  const { stream, envelope, shape } = options;
  const whole = conversation.turn(withCaller(c, 'ollama', request), clientGone(c));
  const turn = request.sampling.reasoningEffort === 'none' ? withoutReasoning(whole) : whole;
  if (stream ?? true) return respondStream(c, streams, turn, shape.createEncoder(envelope));
  const answer = await collect(turn, (batch) => {
    noteCache(c.env.outgoing, batch);
    envelope.timings.see(batch);
  });
  return respondWhole(c, shape.toWhole(answer, envelope));
}
