/** A call's arguments where they have to be an object, which models do not always give. */
import { parseJson } from './json-object.js';

export interface ToolInput {
  readonly value: object;
  /** JSON text of `value`, as it was received where that is possible. */
  readonly json: string;
}

/**
 * No arguments are `{}`; what a model gives instead of an object is wrapped as `{"input": …}`, since clients drop arguments
 * that are none.
 */
export function toToolInput(input: string): ToolInput {
  if (input.trim() === '') return { value: {}, json: '{}' };
  const parsed = parseJson(input, input);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return { value: parsed, json: input };
  }
  const value = { input: parsed };
  return { value, json: JSON.stringify(value) };
}
