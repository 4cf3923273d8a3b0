/** Finds the model that a client of Ollama means, or words its absence as Ollama does. */
import { Fault } from '../../core/fault.js';
import { findModel } from '../../core/find-model.js';
import type { Model, ModelLookup } from '../../core/model.js';
import type { Mesh } from '../../core/port.js';
import { parseModelName, toShortestName } from './model-name.js';

/**
 * A route's error texts for a model that it does not find; the quotes differ from route to route
 * (src/http/ollama/README.md, "Errors").
 */
export interface UnknownWords {
  readonly notFound: string;
  readonly malformed?: string;
  readonly cloud?: string;
}

const CLOUD_DISABLED = 'ollama cloud is disabled: remote model is unavailable';

/** hum's own names win, whatever they look like; `library/NAME:latest` and `NAME:local` are other spellings of NAME. */
export function findByName(models: readonly Model[], requested: string): Model | undefined {
  return findModel(models, requested, { respell });
}

/** The shortest name that means the same to Ollama; undefined for what its grammar does not know, and for its cloud. */
export function respell(requested: string): string | undefined {
  const name = parseModelName(requested);
  if (name === undefined || name.source === 'cloud' || name.source === 'both') return undefined;
  return toShortestName(name);
}

/** The model that is known now by this name, and is served. Throws the fault that says why there is none. */
export function requireModel(mesh: Mesh, requested: string, words: UnknownWords): Model {
  return requireResolved(mesh, requested, mesh.findModel(requested, respell), words);
}

/** What was found for a route that cannot do without a model. Throws the lookup's fault, or `unknownModelFault`. */
export function requireResolved(
  mesh: Mesh,
  requested: string,
  lookup: ModelLookup,
  words: UnknownWords,
): Model {
  if (lookup === undefined || (lookup instanceof Fault && lookup.code === 'model-not-found'))
    throw unknownModelFault(mesh, requested, words);
  if (lookup instanceof Fault) throw lookup;
  return lookup;
}

/**
 * The fault of a model that is not found. While the link is down the list of models is unknown: `link-down`, which may pass.
 */
export function unknownModelFault(mesh: Mesh, requested: string, words: UnknownWords): Fault {
  const name = parseModelName(requested);
  if (name?.source === 'both') {
    return new Fault('bad-request', `use either :local or :cloud, not both: ${JSON.stringify(requested)}`);
  }
  if (mesh.link() === 'down') {
    return new Fault('link-down', 'the link to humd is down, and with it the list of its models');
  }
  if (name === undefined) return new Fault('bad-request', words.malformed ?? 'invalid model name');
  if (name.source === 'cloud') return new Fault('forbidden', words.cloud ?? CLOUD_DISABLED);
  return new Fault('model-not-found', words.notFound);
}
