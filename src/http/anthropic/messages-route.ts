/** `POST /v1/messages`. */
import { collect } from '../../conversation/collect.js';
import { estimateTokens } from '../../conversation/estimate-tokens.js';
import { withCaller } from '../caller.js';
import { clientGone } from '../client-gone.js';
import { readDecodedBody } from '../content-encoding.js';
import { firstCallOnly } from '../first-call-only.js';
import { jsonText } from '../json-text.js';
import { respondStream, respondWhole } from '../respond.js';
import type { Route, SurfaceContext } from '../surface.js';
import { createEnvelope } from './envelope.js';
import { inputCharacters } from './input-characters.js';
import { MessageEvents } from './message-events.js';
import { parseBody } from './parse-body.js';
import { withRequestId } from './request-id.js';
import { messagesBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { validate } from './validate.js';
import { toWholeMessage } from './whole-message.js';

export function messagesRoute(context: SurfaceContext): Route {
  const { conversation, streams, maxBodyBytes, maxImageBytes } = context;
  return {
    methods: ['POST'],
    path: '/v1/messages',
    handle: withRequestId(async (c) => {
      const gone = clientGone(c.env.outgoing);
      const body = validate(messagesBody, parseBody(await readDecodedBody(c.env.incoming, maxBodyBytes)));
      const request = withCaller(c, 'anthropic', toTurnRequest(body, maxImageBytes));
      const events = conversation.turn(request, gone);
      const turn = request.sampling.parallelToolCalls === false ? firstCallOnly(events) : events;
      const envelope = createEnvelope(body.model);
      if (body.stream) {
        const inputTokens = estimateTokens(inputCharacters(request));
        return respondStream(c, streams, turn, new MessageEvents(envelope, inputTokens));
      }
      const message = toWholeMessage(await collect(turn), envelope);
      return respondWhole(c, { status: 200, contentType: 'application/json', body: jsonText(message) });
    }),
  };
}
