/** The models that can be asked for, as OpenAI describes models (src/http/openai/README.md, "Models"). */
import { Fault } from '../../../core/fault.js';
import { isUnserved, type Model } from '../../../core/model.js';

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
export function unknownModel(asked: string): Fault {
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
