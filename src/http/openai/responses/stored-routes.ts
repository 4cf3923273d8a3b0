/**
 * What can be done with a response that is kept: get, delete, cancel, list its input
 * (src/http/openai/README.md, "Kept responses").
 */
import { z } from 'zod';
import { Fault } from '../../../core/fault.js';
import { respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import type { Route } from '../../surface.js';
import { integer } from '../body-fields.js';
import { validate } from '../validate.js';
import type { KeptResponses, ResponseStore, StoredItem, StoredResponse } from './store.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

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

/** The texts of a query. */
export const pageQuery = z.object({
  limit: z.preprocess(toNumber, integer({ min: 1, max: MAX_LIMIT })).default(DEFAULT_LIMIT),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().optional(),
});

export type PageQuery = z.output<typeof pageQuery>;

/**
 * One page of the input of a response (src/http/openai/README.md, "Kept responses"). Throws `bad-request` for an `after`
 * that is none of the items.
 */
export function toItemList(items: readonly StoredItem[], { limit, order, after }: PageQuery) {
  const ordered = order === 'asc' ? items : items.toReversed();
  const start = after === undefined ? 0 : ordered.findIndex((item) => item.id === after) + 1;
  if (after !== undefined && start === 0) {
    throw new Fault('bad-request', `Item with id '${after}' not found.`, { param: 'after' });
  }
  const data = ordered.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < ordered.length,
  };
}

/** What is no number stays what it was, and is refused as that. */
function toNumber(text: unknown): unknown {
  return typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text;
}
