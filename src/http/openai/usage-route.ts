/** `GET /v1/usage`: what was used, by day, key and model. An extension of ours; the figures are the journal's. */
import { Fault } from '../../core/fault.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import type { Route, SurfaceContext } from '../surface.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * `?from=2026-11-01&to=2026-11-21`, both included and both today where absent; days are those of UTC. Keys that are not an
 * operator's see what they used themselves. `unread` says what of the journal could not be read, where there is any.
 */
export function usageRoute({ usage, clock }: SurfaceContext): Route {
  return {
    methods: ['GET'],
    path: '/v1/usage',
    handle: async (c) => {
      const today = new Date(clock.now()).toISOString().slice(0, 10);
      const from = readDay('from', c.req.query('from'), today);
      const to = readDay('to', c.req.query('to'), today);
      const { rows: all, unread } = await usage.usage(from, to);
      const key = c.get('key');
      const isOperator = key === undefined || key.isOperator;
      const rows = isOperator ? all : all.filter(({ keyId }) => keyId === key.id);
      const data = rows.map((row) => ({
        object: 'usage',
        day: row.day,
        key_id: row.keyId,
        model: row.model,
        turns: row.turns,
        failed_turns: row.failed,
        prompt_tokens: row.promptTokens,
        completion_tokens: row.completionTokens,
        cached_tokens: row.cachedTokens,
        ...(row.reasoningTokens === undefined ? {} : { reasoning_tokens: row.reasoningTokens }),
        estimated_turns: row.estimated,
      }));
      return respondWhole(
        c,
        WireAnswer.json({ object: 'list', from, to, data, ...(unread.length > 0 ? { unread } : {}) }),
      );
    },
  };
}

function readDay(name: string, text: string | undefined, today: string): string {
  const day = text ?? today;
  if (DAY.test(day) && !Number.isNaN(Date.parse(day))) return day;
  throw new Fault('bad-request', `Invalid value for '${name}': expected a day such as ${today}.`, {
    param: name,
    reason: 'invalid_value',
  });
}
