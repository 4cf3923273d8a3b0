/** The answers to a request without input, by which clients load and unload models (spec/ollama.md §3.6). */
import { Fault } from '../../conversation/fault.js';
import { findModel } from '../../conversation/model.js';
import type { SurfaceContext, WireAnswer } from '../surface.js';
import { createdAt } from './envelope.js';
import { jsonAnswer } from './json-answer.js';

/** Where the route's text would stand, empty. */
type EmptyInput = { message: { role: 'assistant'; content: '' } } | { response: '' };

export const EMPTY_MESSAGE: EmptyInput = { message: { role: 'assistant', content: '' } };
export const EMPTY_RESPONSE: EmptyInput = { response: '' };

/**
 * One object, also where a stream was asked for; no worker is troubled, for nothing has to be loaded here. Throws
 * `model-not-found`.
 */
export function loadAnswer(
  { conversation, clock }: SurfaceContext,
  model: string,
  doneReason: 'load' | 'unload',
  input: EmptyInput,
): WireAnswer {
  if (findModel(conversation.models(), model) === undefined) {
    throw new Fault('model-not-found', `model '${model}' not found`, { param: model });
  }
  return jsonAnswer({
    model,
    created_at: createdAt(clock.now()),
    ...input,
    done: true,
    done_reason: doneReason,
  });
}
