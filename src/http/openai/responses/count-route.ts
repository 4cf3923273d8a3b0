/** `POST /v1/responses/input_tokens`: an estimate, since hum has no tokenizer. */
import { estimateTokens } from '../../../core/estimate-tokens.js';
import { respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { toImageLimits } from '../../body/image-limits.js';
import { readRequest } from '../../body/read-request.js';
import { clientGone } from '../../caller.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { askOffLoop } from './ask-off-loop.js';
import { COUNT_CHARACTERS } from './count-characters.js';
import { READ_COUNT } from './read-response.js';
import { resolveInput } from './resolve-input.js';
import type { ResponseStore } from './store.js';

export function countRoute(context: SurfaceContext, store: ResponseStore): Route {
  return {
    methods: ['POST'],
    path: '/v1/responses/input_tokens',
    handle: async (c) => {
      const gone = clientGone(c);
      const body = await readRequest(c, context.settings, READ_COUNT, undefined);
      const { context: items } = await resolveInput(body, store.of(c.get('keyId')));
      const question = { model: body.model ?? '', body, items, limits: toImageLimits(context.settings) };
      const input_tokens = estimateTokens(await askOffLoop(COUNT_CHARACTERS, question, gone));
      return respondWhole(c, WireAnswer.json({ object: 'response.input_tokens', input_tokens }));
    },
  };
}
