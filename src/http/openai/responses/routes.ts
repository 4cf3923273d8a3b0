/** All that stands under `/v1/responses` and `/v1/conversations`. */
import { estimateTokens } from '../../../core/estimate-tokens.js';
import { Fault } from '../../../core/fault.js';
import { respondWhole, writeNotes } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import { toImageLimits } from '../../body/request-limits.js';
import { clientGone } from '../../caller.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { BackgroundResponses } from './background.js';
import { createSeal } from './compaction.js';
import { ConnectionStores, MemoryStore, toStoredItem } from './store.js';
import { conversationRoutes } from './conversation-routes.js';
import { Conversations } from './conversations.js';
import { createId, createRoute, openResponse, type Responses } from './create-route.js';
import { KeptEvents } from './kept-events.js';
import { READ_COMPACT, READ_COUNT } from './read-response.js';
import { resolveInput } from './resolve-input.js';
import { collectResponse } from './response-builder.js';
import { SharedStore } from './shared-store.js';
import { storedRoutes } from './stored-routes.js';
import { askOffLoop, COUNT_CHARACTERS } from './to-turn-request.js';

/** The routes share one store. Those with a fixed last segment come before those with an id there. */
export function responsesRoutes(context: SurfaceContext): readonly Route[] {
  const own = new MemoryStore(context.clock);
  const store = context.replicas ? new SharedStore(own, context.replicas) : own;
  const connections = new ConnectionStores(new MemoryStore(context.clock));
  const { settings, clock, detached, log } = context;
  const events = new KeptEvents(settings, clock);
  const background = new BackgroundResponses({ limits: settings, events, detached, log });
  const conversations = new Conversations(clock, context.replicas);
  const responses = { store, connections, background, events, conversations };
  return [
    createRoute(context, responses),
    countRoute(context, responses),
    compactRoute(context, responses),
    ...storedRoutes(context, responses),
    ...conversationRoutes(context, responses),
  ];
}

/** `POST /v1/responses/input_tokens`: an estimate, since hum has no tokenizer. */
function countRoute(context: SurfaceContext, { store, conversations }: Responses): Route {
  return {
    methods: ['POST'],
    path: '/v1/responses/input_tokens',
    handle: async (c) => {
      const gone = clientGone(c);
      const body = await readRequest(c, context.settings, READ_COUNT, undefined);
      const keyId = c.get('keyId');
      const conversation = await conversations.named(keyId, body);
      const { context: items } = await resolveInput(
        body,
        store.of(keyId),
        createSeal(context.secret, keyId),
        conversation,
      );
      const question = { model: body.model ?? '', body, items, limits: toImageLimits(context.settings) };
      const input_tokens = estimateTokens(await askOffLoop(COUNT_CHARACTERS, question, gone));
      return respondWhole(c, WireAnswer.json({ object: 'response.input_tokens', input_tokens }));
    },
  };
}

/**
 * `POST /v1/responses/compact`: what a conversation is gone on from when it has grown too long (src/http/openai/README.md,
 * "Compaction").
 */
function compactRoute(context: SurfaceContext, { store, conversations }: Responses): Route {
  const { settings } = context;
  return {
    methods: ['POST'],
    path: '/v1/responses/compact',
    handle: async (c) => {
      const asked = await readRequest(c, settings, READ_COMPACT, toImageLimits(settings));
      const keyId = c.get('keyId');
      const kept = store.of(keyId);
      const conversation = await conversations.named(keyId, asked.body);
      const { run, plan, items } = await openResponse(c, context, {
        ...asked,
        kept,
        isKept: false,
        conversation,
      });
      const response = await collectResponse(run(clientGone(c)), plan, (batch) =>
        writeNotes(c.env.outgoing, batch),
      );
      if (response.status !== 'completed')
        throw new Fault('invalid-answer', 'the model gave no whole summary', { afterPrompt: true });
      const { id, created_at, usage } = response;
      // What the user wrote stays as it is: no summary keeps all of it.
      const messages = items.filter((item) => item.type === 'message' && item.role === 'user');
      const output = [...messages.map((item) => toStoredItem(item, createId)), ...response.output];
      return respondWhole(
        c,
        WireAnswer.json({ id, object: 'response.compaction', created_at, output, usage }),
      );
    },
  };
}
