/** `POST /api/generate`. */
import { Fault } from '../../conversation/fault.js';
import { readBody } from '../body.js';
import { respondWhole } from '../respond.js';
import type { Handler, SurfaceContext } from '../surface.js';
import { type AnswerShape, answerTurn } from './answer-turn.js';
import { createGenerateEncoder } from './generate-encoder.js';
import { decodeGoJson } from './go-json.js';
import { asksToUnload } from './keep-alive.js';
import { EMPTY_RESPONSE, loadAnswer } from './load-answer.js';
import { generateBody, parseBody } from './schema.js';
import { Timings } from './timings.js';
import { generateToTurnRequest } from './to-turn-request.js';
import { wholeGenerateAnswer } from './whole.js';

const GENERATE: AnswerShape = { createEncoder: createGenerateEncoder, toWhole: wholeGenerateAnswer };

export function handleGenerate(context: SurfaceContext): Handler {
  const { clock, maxBodyBytes } = context;
  return async (c) => {
    const timings = new Timings(clock, clock.monotonic());
    const body = parseBody(generateBody, decodeGoJson(await readBody(c.env.incoming, maxBodyBytes)));
    const { model, stream } = body;
    const doneReason = asksToUnload(body.keep_alive) ? 'unload' : 'load';
    // Unlike chat, Ollama looks for a model without a name here, and does not find it.
    if (!model) throw new Fault('model-not-found', "model '' not found", { param: '' });
    if (!body.prompt && !body.suffix) {
      return respondWhole(c, loadAnswer(context, model, doneReason, EMPTY_RESPONSE));
    }
    const envelope = { model, clock, timings };
    return answerTurn(c, context, generateToTurnRequest(body), { stream, envelope, shape: GENERATE });
  };
}
