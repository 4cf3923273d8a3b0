/** What a model is asked for in words, behind the system text: what it cannot be held to otherwise, or its worker may not heed. */
import type { JsonObject } from './json-object.js';

/** An answer in JSON. @param schema undefined for any JSON object */
export function jsonInstruction(schema: JsonObject | undefined): string {
  if (schema === undefined) return 'Answer with one JSON object only: no other text, no code fence.';
  return `Answer with JSON only: one value that fits this JSON Schema, no other text, no code fence.\n${JSON.stringify(schema)}`;
}

/** A call of any tool. */
export const MUST_CALL =
  'You must answer by calling at least one of the tools that you are given. Do not answer in text.';

/** A call of one tool. */
export function mustCall(name: string): string {
  return `You must answer by calling the tool ${JSON.stringify(name)}. Do not answer in text.`;
}
