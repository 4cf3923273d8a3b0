/** Keeps the body of a chat as its client wrote it, for workers that take it so. */
import { isJsonObject, type JsonObject } from '../../../core/json-object.js';
import type { OriginalChat, TurnRequest } from '../../../core/request.js';
import { withoutNulls } from '../../../core/schema-nulls.js';
import { isOtherPart } from './message-schema.js';

/** What the bridge sees to itself: which model, how the answer is given, and how many there are. */
const OWN_FIELDS = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'n',
  'functions',
  'function_call',
]);

/** Undefined for a body in an older form, which only this bridge reads. @param body that was found to be a chat */
export function toOriginal(body: object, { messages, system }: TurnRequest): OriginalChat | undefined {
  const fields = Object.entries(body);
  const { messages: list }: { messages?: unknown } = body;
  if (!Array.isArray(list) || !list.every(isJsonObject) || list.some(isLegacy) || list.some(holdsOther))
    return undefined;
  if (fields.some(([name, value]) => (name === 'functions' || name === 'function_call') && value != null))
    return undefined;
  const settings = Object.fromEntries(
    fields
      .filter(([name]) => !OWN_FIELDS.has(name))
      .map(([name, value]) => [name, name === 'tools' ? toTools(value) : value]),
  );
  return { messages: list, of: messages, system, settings };
}

/** Files and sound, which become text, or a PDF. */
function holdsOther({ content }: JsonObject): boolean {
  return Array.isArray(content) && content.some(isOtherPart);
}

function isLegacy(message: JsonObject): boolean {
  return message['role'] === 'function' || message['function_call'] != null;
}

/** Their schemas without what no schema knows. */
function toTools(tools: unknown): unknown {
  if (!Array.isArray(tools)) return tools;
  return tools.map((tool: unknown) => {
    if (!isJsonObject(tool) || !isJsonObject(tool['function'])) return tool;
    const { parameters } = tool['function'];
    if (!isJsonObject(parameters)) return tool;
    const cleaned = withoutNulls(parameters);
    return cleaned === parameters
      ? tool
      : { ...tool, function: { ...tool['function'], parameters: cleaned } };
  });
}
