/** `POST /v1/chat/completions`. */
import { collect } from '../../conversation/collect.js';
import { readBody } from '../body.js';
import { clientGone } from '../client-gone.js';
import { jsonText } from '../json-text.js';
import { respondStream, respondWhole } from '../respond.js';
import type { Route, SurfaceContext } from '../surface.js';
import { ChatChunks } from './chat-chunks.js';
import { toChatCompletion } from './chat-completion.js';
import { createEnvelope } from './envelope.js';
import { firstCallOnly } from './first-call-only.js';
import { parseBody } from './parse-body.js';
import { chatBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { validate } from './validate.js';

export function chatRoute(context: SurfaceContext): Route {
  const { conversation, streams, clock, maxBodyBytes } = context;
  return {
    methods: ['POST'],
    path: '/v1/chat/completions',
    handle: async (c) => {
      const gone = clientGone(c.env.outgoing);
      const body = validate(chatBody, parseBody(await readBody(c.env.incoming, maxBodyBytes)));
      const events = conversation.turn(toTurnRequest(body), gone);
      const turn = body.parallel_tool_calls === false ? firstCallOnly(events) : events;
      const envelope = createEnvelope(body.model, clock);
      if (body.stream) {
        const encoder = new ChatChunks(envelope, body.stream_options?.include_usage === true);
        return respondStream(c, streams, turn, encoder);
      }
      const completion = toChatCompletion(await collect(turn), envelope);
      return respondWhole(c, { status: 200, contentType: 'application/json', body: jsonText(completion) });
    },
  };
}
