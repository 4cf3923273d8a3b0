/** A whole answer that is one JSON object. */
import type { WireAnswer } from '../answer/wire-answer.js';

/** With the content type that Ollama gives it, and no line end. */
export function jsonAnswer(body: object, status = 200): WireAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}
