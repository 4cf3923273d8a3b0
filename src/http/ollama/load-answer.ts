/**
 * The answers to a request without input, by which clients load and unload models
 * (src/http/ollama/README.md, "Load and unload").
 */
import { toTimestamp } from '../../core/timestamp.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { jsonAnswer } from './json-answer.js';

/** Where the route's text would stand, empty. */
export type EmptyInput = { message: { role: 'assistant'; content: '' } } | { response: '' };

export const EMPTY_MESSAGE: EmptyInput = { message: { role: 'assistant', content: '' } };
export const EMPTY_RESPONSE: EmptyInput = { response: '' };

/** One object, also where a stream was asked for; no worker is troubled, for nothing has to be loaded here. */
export function loadAnswer(
  model: string,
  now: number,
  doneReason: 'load' | 'unload',
  input: EmptyInput,
): WireAnswer {
  return jsonAnswer({ model, created_at: toTimestamp(now), ...input, done: true, done_reason: doneReason });
}
