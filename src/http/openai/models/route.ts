/** `GET /v1/models` and `GET /v1/models/ID`. Models are the workers' own: nobody deletes one here. */
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
        const asked = readModelId(new URL(c.req.url).pathname);
        return respondWhole(c, WireAnswer.json(toModelEntry(mesh.models(), asked, created)));
      },
    },
  ];
}
