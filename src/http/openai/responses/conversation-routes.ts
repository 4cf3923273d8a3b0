/** `/v1/conversations`: made, given and deleted here; what was said in one is read by naming it in a response. */
import type { Context } from 'hono';
import { Fault } from '../../../core/fault.js';
import { respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import type { HttpEnv, Route, SurfaceContext } from '../../surface.js';
import { requireFew } from '../requirements.js';
import { conversationNotFound, type StoredConversation } from './conversations.js';
import { createId, type Responses } from './create-route.js';
import { READ_CONVERSATION } from './read-response.js';
import { withoutReferences } from './resolve-input.js';
import { toStoredItem } from './store.js';

const PATH = '/v1/conversations';

export function conversationRoutes(
  { settings, clock }: SurfaceContext,
  { store, conversations }: Responses,
): readonly Route[] {
  return [
    {
      methods: ['POST'],
      path: PATH,
      handle: async (c) => {
        const { items, metadata } = await readRequest(c, settings, READ_CONVERSATION, undefined);
        requireFew({ messages: items?.length ?? 0, tools: 0, turns: [] }, settings, 'items');
        const own = await withoutReferences(items ?? [], store.of(c.get('keyId')));
        const conversation: StoredConversation = {
          id: createId('conv'),
          created_at: Math.floor(clock.now() / 1_000),
          metadata: metadata ?? {},
          items: own.map((item) => toStoredItem(item, createId)),
        };
        await conversations.keep(c.get('keyId'), conversation);
        return respondWhole(c, WireAnswer.json(toObject(conversation)));
      },
    },
    {
      methods: ['GET', 'DELETE', 'POST'],
      path: `${PATH}/:id`,
      handle: async (c) => {
        if (c.req.method === 'POST') throw notOffered(c.req);
        const id = c.req.param('id') ?? '';
        if (c.req.method === 'DELETE') {
          if (!(await conversations.delete(c.get('keyId'), id))) throw conversationNotFound(id);
          return respondWhole(c, WireAnswer.json({ id, object: 'conversation.deleted', deleted: true }));
        }
        const conversation = await conversations.get(c.get('keyId'), id);
        if (conversation === undefined) throw conversationNotFound(id);
        return respondWhole(c, WireAnswer.json(toObject(conversation)));
      },
    },
    {
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      path: `${PATH}/:id/*`,
      isAbsent: true,
      handle: (c) => {
        throw notOffered(c.req);
      },
    },
  ];
}

function toObject({ id, created_at, metadata }: StoredConversation) {
  return { id, object: 'conversation', created_at, metadata };
}

function notOffered({ method, path }: Context<HttpEnv>['req']): Fault {
  const message = `${method} ${path} is not offered here. Offered are: POST ${PATH}; GET, DELETE ${PATH}/{id}; and 'conversation' in POST /v1/responses, which adds what is said.`;
  return new Fault('not-found', message);
}
