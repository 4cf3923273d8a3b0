/** `POST /v1/messages/count_tokens`. */
import { estimateTokens } from '../../conversation/estimate-tokens.js';
import { Fault } from '../../conversation/fault.js';
import { findModel } from '../../conversation/model.js';
import { readDecodedBody } from '../content-encoding.js';
import { jsonText } from '../json-text.js';
import { respondWhole } from '../respond.js';
import type { Route, SurfaceContext } from '../surface.js';
import { inputCharacters } from './input-characters.js';
import { parseBody } from './parse-body.js';
import { withRequestId } from './request-id.js';
import { countTokensBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { validate } from './validate.js';

/**
 * The count is an estimate from the number of characters, at least 1: there is no tokenizer here, and none on hum to ask.
 * The worker is not troubled; the usage of a real turn is what it reports.
 */
export function countTokensRoute(context: SurfaceContext): Route {
  const { conversation, maxBodyBytes, maxImageBytes } = context;
  return {
    methods: ['POST'],
    path: '/v1/messages/count_tokens',
    handle: withRequestId(async (c) => {
      const body = validate(countTokensBody, parseBody(await readDecodedBody(c.env.incoming, maxBodyBytes)));
      const request = toTurnRequest(body, maxImageBytes);
      if (!findModel(conversation.models(), body.model)) {
        throw new Fault('model-not-found', `model '${body.model}' not found`, { param: body.model });
      }
      const answer = { input_tokens: estimateTokens(inputCharacters(request)) };
      return respondWhole(c, { status: 200, contentType: 'application/json', body: jsonText(answer) });
    }),
  };
}
