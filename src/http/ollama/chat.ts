/** `POST /api/chat`. */
import { Fault } from '../../conversation/fault.js';
import { readBody } from '../body.js';
import { respondWhole } from '../respond.js';
import type { Handler, SurfaceContext } from '../surface.js';
import { type AnswerShape, answerTurn } from './answer-turn.js';
import { createChatEncoder } from './chat-encoder.js';
import { decodeGoJson } from './go-json.js';
import { asksToUnload } from './keep-alive.js';
import { EMPTY_MESSAGE, loadAnswer } from './load-answer.js';
import { chatBody, parseBody } from './schema.js';
import { Timings } from './timings.js';
import { chatToTurnRequest } from './to-turn-request.js';
import { wholeChatAnswer } from './whole.js';

const CHAT: AnswerShape = { createEncoder: createChatEncoder, toWhole: wholeChatAnswer };

export function handleChat(context: SurfaceContext): Handler {
  const { clock, maxBodyBytes } = context;
  return async (c) => {
    const timings = new Timings(clock, clock.monotonic());
    const body = parseBody(chatBody, decodeGoJson(await readBody(c.env.incoming, maxBodyBytes)));
    const { model, stream } = body;
    const doneReason = asksToUnload(body.keep_alive) ? 'unload' : 'load';
    if (!model) throw new Fault('bad-request', 'model is required');
    if ((body.messages ?? []).length === 0) {
      return respondWhole(c, loadAnswer(context, model, doneReason, EMPTY_MESSAGE));
    }
    const envelope = { model, clock, timings };
    return answerTurn(c, context, chatToTurnRequest(body), { stream, envelope, shape: CHAT });
  };
}
