/**
 * `GET /v1/models` and `GET /v1/models/ID`: the models that can be asked for, as OpenAI describes models (src/http/openai/README.md,
 * "Models"). Models belong to the workers: there is no DELETE.
 */
import { Fault } from '../../core/fault.js';
import { findModel } from '../../core/find-model.js';
import { isUnserved, type Model, requireFound } from '../../core/model.js';
import type { Mesh } from '../../core/port.js';
import { respondWhole } from '../answer/respond.js';
import { WireAnswer } from '../answer/wire-answer.js';
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

const BEFORE_ID = /^.*?\/models\/+/;

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

/**
 * The id in `/v1/models/ID`: ids hold `/` and `:`, and clients percent-encode them or do not. Decoded once; one slash behind
 * it is not part of it. Throws `model-not-found` where it is not percent-encoded well.
 * @param pathname as it stands in the URL; Hono's own path is decoded in part already
 */
export function readModelId(pathname: string): string {
  const encoded = pathname.replace(BEFORE_ID, '').replace(/\/$/, '');
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (error instanceof URIError) throw unknownModel(encoded);
    throw error;
  }
}
