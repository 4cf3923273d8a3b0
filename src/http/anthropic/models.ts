/** `GET /v1/models` and `GET /v1/models/ID` for Anthropic's clients, who share these paths with OpenAI's. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Model, modelNotFound } from '../../core/model.js';
import { toTimestamp } from '../../core/timestamp.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { readModelId, requireNamed } from '../named-model.js';
import type { SharedRoute, SurfaceContext } from '../surface.js';
import { invalid } from './error.js';
import { withRequestId } from './messages-routes.js';

/** Also where the base URL has a piece too many: `/anthropic/v1/models/`. */
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000;
const WHOLE_NUMBER = /^\d{1,9}$/;

/** True for a request by a client of Anthropic's: only these name a version of its API. */
export function isAnthropic(headers: IncomingHttpHeaders): boolean {
  return headers['anthropic-version'] !== undefined;
}

export function modelRoutes({ mesh, clock }: SurfaceContext): readonly SharedRoute[] {
  // When a model was made is unknown: one constant for all of them.
  const created = toTimestamp(clock.now());
  return [
    {
      methods: ['GET'],
      path: '/v1/models',
      isFor: isAnthropic,
      handle: withRequestId((c) => {
        const page = toPage(
          mesh.models().filter(({ listed }) => listed),
          new URL(c.req.url).searchParams,
        );
        const data = page.models.map((model) => toModelInfo(model.id, model, created));
        const ids = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
        return respondWhole(c, WireAnswer.json({ data, has_more: page.hasMore, ...ids }));
      }),
    },
    {
      methods: ['GET'],
      path: '/v1/models/:id{.+}',
      isFor: isAnthropic,
      handle: withRequestId((c) => {
        const asked = readModelId(new URL(c.req.url).pathname, modelNotFound);
        return respondWhole(
          c,
          WireAnswer.json(toModelInfo(asked, requireNamed(mesh, asked, modelNotFound), created)),
        );
      }),
    },
  ];
}

/** Throws `bad-request` for a limit that is none. An id that is not among the models is no cursor. */
function toPage(models: readonly Model[], query: URLSearchParams) {
  const given = query.get('limit') ?? String(DEFAULT_LIMIT);
  const limit = WHOLE_NUMBER.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > MAX_LIMIT)
    throw invalid(['limit'], `Input should be a whole number from 1 to ${MAX_LIMIT}`);
  const indexOf = (id: string | null) => models.findIndex((model) => model.id === id);
  const before = indexOf(query.get('before_id'));
  if (before !== -1) {
    const from = Math.max(0, before - limit);
    return { models: models.slice(from, before), hasMore: from > 0 };
  }
  const from = indexOf(query.get('after_id')) + 1;
  return { models: models.slice(from, from + limit), hasMore: from + limit < models.length };
}

/** `model` under the name that the client used: `id`. What is not known of it is null. */
function toModelInfo(id: string, { card, profile }: Model, created: string) {
  const has = (supported: boolean) => ({ supported });
  const thinks = card.capabilities.includes('thinking');
  const effort = has(thinks && profile?.accepts.has('thinking') !== false);
  const none = has(false);
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: created,
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
    max_input_tokens: card.contextLength,
    max_tokens: null,
    capabilities: {
      batch: none,
      citations: none,
      code_execution: none,
      context_management: {
        ...none,
        clear_thinking_20251015: null,
        clear_tool_uses_20250919: null,
        compact_20260112: null,
      },
      effort: { ...effort, low: effort, medium: effort, high: effort, max: none, xhigh: null },
      image_input: has(card.capabilities.includes('vision')),
      pdf_input: has(profile?.accepts.has('pdf') === true),
      server_tools: { ...none, code_execution: none, web_search: none },
      structured_outputs: has(card.capabilities.includes('completion')),
      thinking: {
        ...has(thinks),
        types: { adaptive: has(thinks), between_tools: none, disabled: effort, enabled: has(thinks) },
      },
    },
  };
}
