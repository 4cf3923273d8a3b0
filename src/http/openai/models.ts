/** The models that can be asked for, as OpenAI describes models (spec/openai.md §3.1). */
import { Fault } from '../../conversation/fault.js';
import { findModel, type Model } from '../../conversation/model.js';

export interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  /** Seconds since the epoch. Nobody knows when a model was made: one constant for all of them. */
  readonly created: number;
  readonly owned_by: 'hum';
}

/** All listed models, by their bare ids. */
export function toModelList(models: readonly Model[], created: number) {
  const data = models.filter((model) => model.listed).map((model) => toEntry(model.id, created));
  return { object: 'list', data };
}

/** The model that a client means by `asked`, under the name that it used. Throws `model-not-found`. */
export function toModelEntry(models: readonly Model[], asked: string, created: number): ModelEntry {
  if (!findModel(models, asked)) throw unknownModel(asked);
  return toEntry(asked, created);
}

/** In the words of this route, which are not those of a chat. */
export function unknownModel(asked: string): Fault {
  return new Fault('model-not-found', `The model '${asked}' does not exist`);
}

function toEntry(id: string, created: number): ModelEntry {
  return { id, object: 'model', created, owned_by: 'hum' };
}
