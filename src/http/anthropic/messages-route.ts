/** `POST /v1/messages`. */
import { collect } from '../../core/collect.js';
import { estimateTokens } from '../../core/estimate-tokens.js';
import { foundModel } from '../../core/model.js';
import { noteCache, respondStream, respondWhole } from '../answer/respond.js';
import { firstCallOnly } from '../answer/turn-filters.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { readRequest } from '../body/read-request.js';
import { toRequestLimits } from '../body/request-limits.js';
import { clientGone, withCaller } from '../caller.js';
import type { Route, SurfaceContext } from '../surface.js';
import { createEnvelope } from './envelope.js';
import { inputCharacters } from './input-characters.js';
import { MessageEvents } from './message-events.js';
import { READ_MESSAGES } from './read-messages.js';
import { requireCapabilities } from './require-capabilities.js';
import { withRequestId } from './request-id.js';
import { toWholeMessage } from './whole-message.js';

export function messagesRoute(context: SurfaceContext): Route {
  const { turns, mesh, streams } = context;
  return {
    methods: ['POST'],
    path: '/v1/messages',
    handle: withRequestId(async (c) => {
      const gone = clientGone(c);
      const limits = toRequestLimits(context.settings);
      const read = await readRequest(c, context.settings, READ_MESSAGES, limits);
      const resolved = await mesh.resolveModel(read.request.model, gone);
      requireCapabilities(read.request, foundModel(resolved));
      const request = withCaller(c, 'anthropic', { resolved, ...read.request });
      const events = turns.turn(request, gone);
      const turn = request.sampling.parallelToolCalls === false ? firstCallOnly(events) : events;
      const envelope = createEnvelope(request.model);
      if (read.stream) {
        const inputTokens = estimateTokens(inputCharacters(request));
        return respondStream(c, streams, turn, new MessageEvents(envelope, inputTokens));
      }
      const message = toWholeMessage(
        await collect(turn, (batch) => noteCache(c.env.outgoing, batch)),
        envelope,
      );
      return respondWhole(c, WireAnswer.json(message));
    }),
  };
}
