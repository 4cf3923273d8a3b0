/**
 * What can be done with a response that is kept: get, delete, cancel, list its input
 * (src/http/openai/README.md, "Kept responses").
 */
import type { Context } from 'hono';
import { z } from 'zod';
import { Fault } from '../../../core/fault.js';
import { respondJson } from '../../answer/respond-json.js';
import { respondTexts, respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { clientGone } from '../../caller.js';
import type { HttpEnv, Route, SurfaceContext } from '../../surface.js';
import { integer } from '../body-fields.js';
import { validate } from '../validate.js';
import type { Responses } from './create-route.js';
import { RESPONSE_EVENTS } from './response-stream.js';
import type { StoredItem } from './store.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

export function storedRoutes(context: SurfaceContext, responses: Responses): readonly Route[] {
  const { store, background, events } = responses;
  const find = async (c: Context<HttpEnv>) => {
    const id = c.req.param('id') ?? '';
    const keyId = c.get('keyId');
    const running = background.find(keyId, id);
    const kept = store.of(keyId);
    return { id, keyId, running, kept, stored: running?.stored ?? (await kept.get(id)) };
  };
  const notFound = (id: string): Fault => {
    const here = background.isElsewhere(id)
      ? ' here: it was begun in the background by another process of this server, or before a restart, and until it has ended only the process that makes it can be asked for it.'
      : '.';
    return new Fault('not-found', `Response with id '${id}' not found${here}`, { param: id });
  };
  return [
    {
      methods: ['GET', 'DELETE'],
      path: '/v1/responses/:id',
      handle: async (c) => {
        const { id, keyId, running, kept, stored } = await find(c);
        if (c.req.method === 'DELETE') {
          await running?.delete();
          const hadEvents = events.delete(keyId, id);
          if (!stored && !hadEvents) throw notFound(id);
          await kept.delete(id);
          return respondWhole(c, WireAnswer.json({ id, object: 'response', deleted: true }));
        }
        const { stream, starting_after: after } = validate(getQuery, c.req.query());
        if (stream !== 'true') {
          if (!stored) throw notFound(id);
          return respondJson(c, stored.response);
        }
        const log = events.find(keyId, id);
        if (log === undefined) throw stored ? eventsNotKept() : notFound(id);
        return respondTexts(c, context.streams, RESPONSE_EVENTS, log.follow(after, clientGone(c)));
      },
    },
    {
      methods: ['GET'],
      path: '/v1/responses/:id/input_items',
      handle: async (c) => {
        const { id, stored } = await find(c);
        if (!stored) throw notFound(id);
        return respondJson(c, toItemList(stored.input, validate(pageQuery, c.req.query())));
      },
    },
    {
      methods: ['POST'],
      path: '/v1/responses/:id/cancel',
      handle: async (c) => {
        const { id, running, stored } = await find(c);
        if (running) return respondJson(c, await running.cancel());
        if (!stored) throw notFound(id);
        if (!stored.response.background)
          throw new Fault('bad-request', 'Cannot cancel a synchronous response.');
        return respondJson(c, stored.response);
      },
    },
  ];
}

function eventsNotKept(): Fault {
  const message =
    "Unsupported parameter: 'stream' is not supported for this response, whose events are not kept, or not any more. It is given whole.";
  return new Fault('bad-request', message, { param: 'stream', reason: 'unsupported_parameter' });
}

/** The texts of a query. */
const getQuery = z.object({
  stream: z.string().optional(),
  starting_after: z.preprocess(toNumber, integer({ min: 0 })).default(-1),
});

const pageQuery = z.object({
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
