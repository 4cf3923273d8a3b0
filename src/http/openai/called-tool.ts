/** A tool that the model calls, as clients read the call: a function's arguments or a custom tool's text. */
import type { Event } from '../../core/event.js';
import { parseJson } from '../../core/json-object.js';

/**
 * The text that a custom tool is called with, which is a function of one text to hum (`to-tools.ts`). A worker that sends
 * anything else is taken at its word.
 */
export function toCustomInput(input: string): string {
  const parsed = parseJson(input);
  if (typeof parsed === 'string') return parsed;
  const text = typeof parsed === 'object' && parsed !== null && 'input' in parsed ? parsed.input : undefined;
  return typeof text === 'string' ? text : input;
}

/** `arguments` is always JSON text: a call without any has `{}`, never ''. */
export function toCalledFunction({ name, input }: Extract<Event, { type: 'tool-call' }>): {
  name: string;
  arguments: string;
} {
  return { name, arguments: input.trim() === '' ? '{}' : input };
}
