/** `POST /api/generate`. */
import { Fault } from '../../core/fault.js';
import type { Capability } from '../../core/model.js';
import type { OllamaContext } from './context.js';
import { createGenerateEncoder } from './generate-encoder.js';
import { hasImages } from './images.js';
import { answerInference, type InferenceRoute } from './inference.js';
import { EMPTY_RESPONSE } from './load-answer.js';
import { requireFewInGenerate } from './require-few.js';
import type { Asked, Reply } from './route.js';
import type { GenerateBody } from './schema.js';
import { generateToTurnRequest } from './to-turn-request.js';
import { wholeGenerateAnswer } from './whole.js';

const GENERATE: InferenceRoute<GenerateBody> = {
  activity: 'generate',
  shape: { createEncoder: createGenerateEncoder, toWhole: wholeGenerateAnswer },
  emptyInput: EMPTY_RESPONSE,
  // Unlike chat, Ollama looks for a model without a name here, and does not find it.
  nameless: () => new Fault('model-not-found', "model '' not found"),
  hasInput: ({ prompt }) => Boolean(prompt),
  needs,
  requireFew: requireFewInGenerate,
  carriesContext: ({ raw, suffix }) => !raw && !suffix,
  toTurnRequest: generateToTurnRequest,
};

export function answerGenerate(context: OllamaContext, asked: Asked<GenerateBody>): Promise<Reply> {
  return answerInference(context, asked, GENERATE);
}

function needs({ suffix, images }: GenerateBody): readonly Capability[] {
  const needed: Capability[] = [];
  if (suffix) needed.push('insert');
  if (hasImages(images)) needed.push('vision');
  return needed;
}
