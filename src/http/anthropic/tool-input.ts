/** A call's arguments, which are an object for every client of this API. */
import type { Event } from '../../core/event.js';

export interface ToolInput {
  readonly value: object;
  /** JSON text of `value`, as it was received where that is possible. */
  readonly json: string;
}

/** No arguments are `{}`; what a model gives instead of an object is wrapped as `{"input": …}`. */
export function toToolInput({ input }: Extract<Event, { type: 'tool-call' }>): ToolInput {
  const parsed = input.trim() === '' ? {} : parseOrKeep(input);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    const value = { input: parsed };
    return { value, json: JSON.stringify(value) };
  }
  return { value: parsed, json: input.trim() === '' ? '{}' : input };
}

function parseOrKeep(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
