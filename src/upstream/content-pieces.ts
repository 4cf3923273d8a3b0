/** Reads what servers put into the content of an answer and beside it: a text, a list of parts, thoughts under several names. */
import { isJsonObject, type JsonObject } from '../core/json-object.js';

export interface Pieces {
  readonly reasoning: string;
  readonly text: string;
}

/** Under these names servers give thoughts; one that uses two of them says the same in both. */
const REASONING_FIELDS = ['reasoning_content', 'reasoning', 'thinking', 'reasoning_text'] as const;
export type ReasoningField = (typeof REASONING_FIELDS)[number];

/** The thoughts of a delta or message, and the name that they came by. */
export function readReasoning(
  message: JsonObject,
): { readonly field: ReasoningField; readonly text: string } | undefined {
  for (const field of REASONING_FIELDS) {
    const text = toText(message[field]);
    if (text !== '') return { field, text };
  }
  return undefined;
}

/** The content of a delta or message; a refusal counts as text. */
export function readContent({ content, refusal }: JsonObject): Pieces {
  if (!Array.isArray(content)) {
    const text = toText(content);
    return { reasoning: '', text: text === '' ? toText(refusal) : text };
  }
  let reasoning = '';
  let text = '';
  for (const part of content) {
    if (isThought(part)) reasoning += toText(part);
    else text += toText(part);
  }
  return { reasoning, text };
}

function isThought(part: unknown): boolean {
  if (!isJsonObject(part)) return false;
  return typeof part['type'] === 'string' && /^(?:thinking|reasoning|thought)/.test(part['type']);
}

/** A text, or what of it stands in an object or a list of parts. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(toText).join('');
  if (!isJsonObject(value)) return '';
  const { text, content, thinking, reasoning, summary, refusal } = value;
  for (const inner of [text, content, thinking, reasoning, summary, refusal]) {
    const found = toText(inner);
    if (found !== '') return found;
  }
  return '';
}
