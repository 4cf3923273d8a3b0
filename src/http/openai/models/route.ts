/** `GET /v1/models` and `GET /v1/models/ID`. Models belong to the workers: there is no DELETE. */
import { findModel } from '../../../core/find-model.js';
import { type Model, requireFound } from '../../../core/model.js';
import type { Mesh } from '../../../core/port.js';
import { respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { readModelId, toModelEntry, toModelList, unknownModel } from './models.js';

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
        return respondWhole(
          c,
          WireAnswer.json(toModelEntry(requested, requireModel(mesh, requested), created)),
        );
      },
    },
  ];
}

/** Also one that is listed and not served. Throws `model-not-found`, or `model-not-served` for what is not listed either. */
function requireModel(mesh: Mesh, asked: string): Model {
  const known = findModel(mesh.models(), asked);
  const model = known?.listed ? known : requireFound(mesh.findModel(asked));
  if (model === undefined) throw unknownModel(asked);
  return model;
}
