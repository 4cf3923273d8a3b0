/** Asks a worker, which cannot be constrained, for JSON in words. */
import type { AnswerFormat } from '../../core/request.js';

/** What goes behind the system prompt of a turn that is to be answered in JSON. */
export function toInstruction({ schema }: AnswerFormat): string {
  if (schema === undefined) return 'Answer with one JSON object only: no other text, no code fence.';
  return `Answer with JSON only: one value that fits this JSON Schema, no other text, no code fence.\n${JSON.stringify(schema)}`;
}

/** The message that asks for another try. `complaint` says what is wrong with the first. */
export function toRepairRequest(complaint: string): string {
  return `That is not the JSON that was asked for: ${complaint}. Answer again with the corrected JSON only.`;
}
