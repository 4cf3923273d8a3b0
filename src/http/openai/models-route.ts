/**
 * `GET /v1/models` and `GET /v1/models/ID`: the models that can be asked for, as OpenAI describes models (src/http/openai/README.md,
 * "Models"). Models belong to the workers: there is no DELETE.
 */
import { Fault } from '../../core/fault.js';
import { isUnserved, type Model } from '../../core/model.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { readModelId, requireNamed } from '../named-model.js';
import type { Route, SurfaceContext } from '../surface.js';

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
        const requested = readModelId(new URL(c.req.url).pathname, unknownModel);
        return respondWhole(
          c,
          WireAnswer.json(toModelEntry(requested, requireNamed(mesh, requested, unknownModel), created)),
        );
      },
    },
  ];
}

export interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  /** Seconds since the epoch. When a model was made is unknown: one constant for all of them. */
  readonly created: number;
  readonly owned_by: 'hum';
  /** In tokens, under each of the names that clients look for; OpenAI has none of them. */
  readonly context_window: number;
  readonly context_length: number;
  readonly max_model_len: number;
  /** Where no worker serves it now. Groq's name for this; OpenAI has none. */
  readonly active?: false;
}

/** All listed models, by their bare ids; those that no worker serves now stand last. */
export function toModelList(models: readonly Model[], created: number) {
  const data = models.filter((model) => model.listed).map((model) => toModelEntry(model.id, model, created));
  return { object: 'list', data };
}

/** `model` under the name that the client used: `id`. */
export function toModelEntry(id: string, model: Model, created: number): ModelEntry {
  const { contextLength } = model.card;
  return {
    id,
    object: 'model',
    created,
    owned_by: 'hum',
    context_window: contextLength,
    context_length: contextLength,
    max_model_len: contextLength,
    ...(isUnserved(model) ? { active: false } : {}),
  };
}

/** In the words of this route, which are not those of a chat. */
function unknownModel(asked: string): Fault {
  return new Fault('model-not-found', `The model '${asked}' does not exist`);
}
