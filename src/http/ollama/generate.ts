/** In what `POST /api/generate` differs from the other inference route. */
import { Fault } from '../../core/fault.js';
import type { InferenceRoute } from './inference.js';
import { GENERATE_LINES } from './line-encoder.js';
import type { GenerateBody } from './schema.js';
import { generateToTurnRequest } from './to-turn-request.js';
import { wholeGenerateAnswer } from './whole.js';

export const GENERATE: InferenceRoute<GenerateBody> = {
  activity: 'generate',
  lines: GENERATE_LINES,
  emptyAnswer: { response: '' },
  toWhole: wholeGenerateAnswer,
  // Unlike chat, Ollama looks for a model without a name here, and does not find it.
  nameless: () => new Fault('model-not-found', "model '' not found"),
  hasInput: ({ prompt }) => Boolean(prompt),
  needs: ({ suffix }) => (suffix ? ['insert'] : []),
  carriesContext: ({ raw, suffix }) => !raw && !suffix,
  toolCount: () => 0,
  imagesOf: ({ images }) => [images],
  imagesField: () => 'images',
  toTurnRequest: generateToTurnRequest,
};
