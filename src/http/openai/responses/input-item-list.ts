/** One page of the input of a response (src/http/openai/README.md, "Kept responses"). */
import { z } from 'zod';
import { Fault } from '../../../core/fault.js';
import { integer } from '../number-field.js';
import type { StoredItem } from './stored-item.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The texts of a query. */
export const pageQuery = z.object({
  limit: z.preprocess(toNumber, integer({ min: 1, max: MAX_LIMIT })).default(DEFAULT_LIMIT),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().optional(),
});

export type PageQuery = z.output<typeof pageQuery>;

/** Throws `bad-request` for an `after` that is none of the items. */
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
