/** `POST /v1/responses/input_tokens`: an estimate, since hum has no tokenizer. */
import { estimateTokens } from '../../../conversation/estimate-tokens.js';
import { render } from '../../../conversation/render.js';
import type { TurnRequest } from '../../../conversation/request.js';
import { readDecodedBody } from '../../content-encoding.js';
import { respondWhole } from '../../respond.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { jsonAnswer } from '../json-answer.js';
import { parseBody } from '../parse-body.js';
import { validate } from '../validate.js';
import { countBody } from './body-schema.js';
import { resolveInput } from './resolve-input.js';
import type { ResponseStore } from './store.js';
import { toTurnRequest } from './to-turn-request.js';

export function countRoute({ maxBodyBytes, maxImageBytes }: SurfaceContext, store: ResponseStore): Route {
  return {
    methods: ['POST'],
    path: '/v1/responses/input_tokens',
    handle: async (c) => {
      const body = validate(countBody, parseBody(await readDecodedBody(c.env.incoming, maxBodyBytes)));
      const { context: items } = resolveInput(body, store.of(c.get('keyId')));
      const { request } = toTurnRequest({ model: body.model ?? '', body, items, maxImageBytes });
      const input_tokens = estimateTokens(charactersOf(request));
      return respondWhole(c, jsonAnswer({ object: 'response.input_tokens', input_tokens }));
    },
  };
}

/** What the model is given to read, but for images. */
function charactersOf({ system = '', messages, tools }: TurnRequest): number {
  const declared = tools.length > 0 ? JSON.stringify(tools) : '';
  return system.length + render(messages).text.length + declared.length;
}
