/** Tool calls as Ollama writes them: whole, with their arguments as an object. */
import type { Event } from '../../core/event.js';

export interface WireToolCall {
  readonly id: string;
  readonly function: { readonly index: number; readonly name: string; readonly arguments: object };
}

/** `index` counts the calls of one answer from 0. */
export function toWireToolCall(call: Extract<Event, { type: 'tool-call' }>, index: number): WireToolCall {
  return { id: call.id, function: { index, name: call.name, arguments: toArguments(call.input) } };
}

/** Clients drop arguments that are no object: what a model gives instead is wrapped as `{"input": …}`. */
function toArguments(input: string): object {
  if (input.trim() === '') return {};
  const value = parseOrKeep(input);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { input: value };
}

function parseOrKeep(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
