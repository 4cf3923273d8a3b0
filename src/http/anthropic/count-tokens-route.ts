/** `POST /v1/messages/count_tokens`. */
import { estimateTokens } from '../../core/estimate-tokens.js';
import { requireFound } from '../../core/model.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { toImageLimits } from '../body/image-limits.js';
import { clientGone } from '../caller.js';
import { readRequest } from '../body/read-request.js';
import type { Route, SurfaceContext } from '../surface.js';
import { inputCharacters } from './input-characters.js';
import { READ_COUNT_TOKENS } from './read-messages.js';
import { requireCapabilities } from './require-capabilities.js';
import { withRequestId } from './request-id.js';

/**
 * The count is an estimate from the number of characters, at least 1: there is no tokenizer here, and none on hum to ask.
 * The worker is not troubled; the usage of a real turn is what it reports.
 */
export function countTokensRoute(context: SurfaceContext): Route {
  const { mesh } = context;
  return {
    methods: ['POST'],
    path: '/v1/messages/count_tokens',
    handle: withRequestId(async (c) => {
      const gone = clientGone(c);
      const limits = toImageLimits(context.settings);
      const request = await readRequest(c, context.settings, READ_COUNT_TOKENS, limits);
      const model = requireFound(await mesh.resolveModel(request.model, gone));
      requireCapabilities(request, model);
      const answer = { input_tokens: estimateTokens(inputCharacters(request)) };
      return respondWhole(c, WireAnswer.json(answer));
    }),
  };
}
