/** A body as the whole answer that carries it. */
import { jsonText } from '../answer/json-text.js';
import type { WireAnswer } from '../surface.js';

export function jsonAnswer(body: unknown): WireAnswer {
  return { status: 200, contentType: 'application/json', body: jsonText(body) };
}
