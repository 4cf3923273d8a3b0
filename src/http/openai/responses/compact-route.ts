/**
 * `POST /v1/responses/compact`: what a conversation is gone on from when it has grown too long
 * (src/http/openai/README.md, "Compaction").
 */
import { Fault } from '../../../core/fault.js';
import { respondWhole, writeNotes } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import { toImageLimits } from '../../body/request-limits.js';
import { clientGone } from '../../caller.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { createId, openResponse, type Responses } from './create-route.js';
import { READ_COMPACT } from './read-response.js';
import { collectResponse } from './response-builder.js';
import { toStoredItem } from './store.js';

export function compactRoute(context: SurfaceContext, { store, conversations }: Responses): Route {
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
