/** Asks for JSON in words, of models that cannot be held to it otherwise. */
import type { JsonObject } from './json-object.js';

/** What goes behind the system text. @param schema undefined for any JSON object */
export function jsonInstruction(schema: JsonObject | undefined): string {
  if (schema === undefined) return 'Answer with one JSON object only: no other text, no code fence.';
  return `Answer with JSON only: one value that fits this JSON Schema, no other text, no code fence.\n${JSON.stringify(schema)}`;
}
