/**
 * What can be done with a response that is kept: get, delete, cancel, list its input
 * (src/http/openai/README.md, "Kept responses").
 */
import { Fault } from '../../../core/fault.js';
import { respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import type { Route } from '../../surface.js';
import { validate } from '../validate.js';
import { pageQuery, toItemList } from './input-item-list.js';
import type { KeptResponses, ResponseStore, StoredResponse } from './store.js';

export function storedRoutes(store: ResponseStore): readonly Route[] {
  return [
    {
      methods: ['GET', 'DELETE'],
      path: '/v1/responses/:id',
      handle: async (c) => {
        const kept = store.of(c.get('keyId'));
        const { response } = await find(c.req.param('id'), kept);
        if (c.req.method === 'DELETE') {
          await kept.delete(response.id);
          return respondWhole(c, WireAnswer.json({ id: response.id, object: 'response', deleted: true }));
        }
        if (c.req.query('stream') === 'true') throw notReplayed();
        return respondWhole(c, WireAnswer.json(response));
      },
    },
    {
      methods: ['GET'],
      path: '/v1/responses/:id/input_items',
      handle: async (c) => {
        const { input } = await find(c.req.param('id'), store.of(c.get('keyId')));
        return respondWhole(c, WireAnswer.json(toItemList(input, validate(pageQuery, c.req.query()))));
      },
    },
    {
      methods: ['POST'],
      path: '/v1/responses/:id/cancel',
      handle: async (c) => {
        await find(c.req.param('id'), store.of(c.get('keyId')));
        throw new Fault('bad-request', 'Cannot cancel a synchronous response.');
      },
    },
  ];
}

async function find(id: string | undefined, kept: KeptResponses): Promise<StoredResponse> {
  const stored = id === undefined ? undefined : await kept.get(id);
  if (stored) return stored;
  throw new Fault('not-found', `Response with id '${id}' not found.`, { param: id ?? '' });
}

function notReplayed(): Fault {
  const message =
    "Unsupported parameter: 'stream' is not supported here. A response that is kept is given whole.";
  return new Fault('bad-request', message, { param: 'stream', reason: 'unsupported_parameter' });
}
