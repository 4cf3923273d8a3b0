/** What the model thought, under the keys that clients look for (src/http/openai/README.md, "Reasoning"). */
import type { ReasoningField } from './answer-style.js';

/** Keys and values to put into a message or a delta. */
export function toReasoningKeys(text: string, field: ReasoningField): Readonly<Record<string, string>> {
  switch (field) {
    case 'both':
      return { reasoning_content: text, reasoning: text };
    case 'reasoning_content':
      return { reasoning_content: text };
    case 'reasoning':
      return { reasoning: text };
    case 'none':
      return {};
    default:
      return field satisfies never;
  }
}
