/** Custom tools take free text. hum knows functions only, so each is offered as a function of one text. */
import type { Tool } from '../../core/request.js';
import type { CustomTool } from './tool-schema.js';

export function toFunctionOfText({ name, description, format }: CustomTool): Tool {
  const grammar = format?.grammar;
  const form = grammar ? `The input follows this ${grammar.syntax} grammar:\n${grammar.definition}` : '';
  const text = [description ?? '', form].filter((part) => part !== '').join('\n\n');
  return {
    name,
    ...(text !== '' ? { description: text } : {}),
    inputSchema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
  };
}

/** The text that such a function was called with. A worker that sends anything else is taken at its word. */
export function toCustomInput(input: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(input);
  } catch {
    return input;
  }
  if (typeof parsed === 'string') return parsed;
  const text = typeof parsed === 'object' && parsed !== null && 'input' in parsed ? parsed.input : undefined;
  return typeof text === 'string' ? text : input;
}
