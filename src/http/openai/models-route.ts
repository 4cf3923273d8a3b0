/** `GET /v1/models` and `GET /v1/models/ID`. */
import { jsonText } from '../json-text.js';
import { respondWhole } from '../respond.js';
import type { Route, SurfaceContext, WireAnswer } from '../surface.js';
import { readModelId } from './model-id.js';
import { toModelEntry, toModelList } from './models.js';

export function modelRoutes({ conversation, clock }: SurfaceContext): readonly Route[] {
  const created = Math.floor(clock.now() / 1000);
  return [
    {
      methods: ['GET'],
      path: '/v1/models',
      handle: (c) => respondWhole(c, json(toModelList(conversation.models(), created))),
    },
    {
      methods: ['GET'],
      path: '/v1/models/:id{.+}',
      handle: (c) => {
        const asked = readModelId(new URL(c.req.url).pathname);
        return respondWhole(c, json(toModelEntry(conversation.models(), asked, created)));
      },
    },
  ];
}

function json(value: unknown): WireAnswer {
  return { status: 200, contentType: 'application/json', body: jsonText(value) };
}
