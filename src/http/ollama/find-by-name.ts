/** Finds the model that a client of Ollama means, or says in Ollama's words why there is none. */
import { Fault } from '../../core/fault.js';
import { findModel, type Model } from '../../core/model.js';
import type { Conversation } from '../../core/port.js';
import { parseModelName, toShortestName } from './model-name.js';

/**
 * What a route says of a model that it does not find; the quotes differ from route to route
 * (src/http/ollama/README.md, "Errors").
 */
export interface UnknownWords {
  readonly notFound: string;
  readonly malformed?: string;
  readonly cloud?: string;
}

const CLOUD_DISABLED = 'ollama cloud is disabled: remote model is unavailable';

/** hum's own names win, whatever they look like; `library/NAME:latest` and `NAME:local` are other spellings of NAME. */
export function findByName(models: readonly Model[], asked: string): Model | undefined {
  const exact = findModel(models, asked);
  if (exact) return exact;
  const name = parseModelName(asked);
  if (name === undefined || name.source === 'cloud' || name.source === 'both') return undefined;
  return findModel(models, toShortestName(name));
}

/** Throws what `whyUnknown` says. */
export function requireModel(conversation: Conversation, asked: string, words: UnknownWords): Model {
  const model = findByName(conversation.models(), asked);
  if (model === undefined) throw whyUnknown(conversation, asked, words);
  return model;
}

/** Why nobody answers to the name `asked`. While the link is down nobody knows who is there: that may pass. */
export function whyUnknown(conversation: Conversation, asked: string, words: UnknownWords): Fault {
  const name = parseModelName(asked);
  if (name?.source === 'both') {
    return new Fault('bad-request', `use either :local or :cloud, not both: ${JSON.stringify(asked)}`);
  }
  if (conversation.link() === 'down') {
    return new Fault('link-down', 'the link to humd is down, and with it the list of its models');
  }
  if (name === undefined) return new Fault('bad-request', words.malformed ?? 'invalid model name');
  if (name.source === 'cloud') return new Fault('forbidden', words.cloud ?? CLOUD_DISABLED);
  return new Fault('model-not-found', words.notFound);
}
