/** How a chat's answer is written, which depends on how its question was asked. */
import type { SurfaceSettings } from '../../surface.js';
import { hidesReasoning } from '../to-sampling.js';
import { usesFunctions } from './legacy-functions.js';
import type { ChatSettings } from './read-chat.js';

/**
 * Under which keys the model's thoughts stand in messages and deltas; clients look for one or the other
 * (src/http/openai/README.md, "Reasoning").
 */
export type ReasoningField = SurfaceSettings['reasoningField'];

export interface AnswerStyle {
  readonly reasoningField: ReasoningField;
  /** True for the form that came before tools: one `function_call`, and the reason `function_call`. */
  readonly isLegacy: boolean;
  /** The tools that take free text; all others are functions. */
  readonly customTools: ReadonlySet<string>;
}

/** @param configured where thoughts stand if the request does not hide them */
export function toAnswerStyle(body: ChatSettings, configured: ReasoningField): AnswerStyle {
  const custom = (body.tools ?? []).flatMap((tool) => (tool.type === 'custom' ? [tool.custom.name] : []));
  return {
    reasoningField: hidesReasoning(body) ? 'none' : configured,
    isLegacy: usesFunctions(body),
    customTools: new Set(custom),
  };
}

/** What the model thought, as keys and values to put into a message or a delta (src/http/openai/README.md, "Reasoning"). */
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
