/** `GET /v1/models` and `GET /v1/models/ID`. Models belong to the workers: there is no DELETE. */
import { respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { readModelId, toModelEntry, toModelList } from './models.js';

export function modelRoutes({ mesh, clock }: SurfaceContext): readonly Route[] {
  const created = Math.floor(clock.now() / 1000);
  return [
    {
      methods: ['GET'],
      path: '/v1/models',
      handle: (c) => respondWhole(c, WireAnswer.json(toModelList(mesh.models(), created))),
    },
    {
      methods: ['GET'],
      path: '/v1/models/:id{.+}',
      handle: (c) => {
        const requested = readModelId(new URL(c.req.url).pathname);
        return respondWhole(c, WireAnswer.json(toModelEntry(mesh.models(), requested, created)));
      },
    },
  ];
}
