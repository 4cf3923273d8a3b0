/** Keeps the body of a chat as its client wrote it, for workers that take it so. */
import { isJsonObject, type JsonObject } from '../../../core/json-object.js';
import type { OriginalChat, TurnRequest } from '../../../core/request.js';
import { withoutNulls } from '../../../core/schema-nulls.js';
import { isForServers } from './message-schema.js';

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

/** Undefined for a body in another form, which servers do not read: it goes out in our words. @param body that was found to be a chat */
export function toOriginal(body: object, { messages, system }: TurnRequest): OriginalChat | undefined {
  const fields = Object.entries(body);
  const { messages: list }: { messages?: unknown } = body;
  if (!Array.isArray(list) || !list.every(isJsonObject) || !list.every(isOfToday)) return undefined;
  if (fields.some(([name, value]) => (name === 'functions' || name === 'function_call') && value != null))
    return undefined;
  const { tools, tool_choice: choice }: { tools?: unknown; tool_choice?: unknown } = body;
  if ((Array.isArray(tools) && !tools.every(isTool)) || !isChoice(choice)) return undefined;
  const settings = Object.fromEntries(
    fields
      .filter(([name, value]) => !OWN_FIELDS.has(name) || (name === 'n' && value === 1))
      .map(([name, value]) => [name, name === 'tools' ? toTools(value) : value]),
  );
  return { messages: list, of: messages, system, settings };
}

/** True for a message that every server of this API reads: no older form, and none of the Responses API, which this bridge reads too. */
function isOfToday({ role, content, function_call: legacy, tool_calls: calls, audio }: JsonObject): boolean {
  if (role === 'function' || legacy != null || audio != null) return false;
  if (Array.isArray(calls) && calls.some((call) => isJsonObject(call) && 'custom' in call)) return false;
  return !Array.isArray(content) || content.every(isPart);
}

/** Files, sound and the like too; not those that only this bridge reads. */
function isPart(part: unknown): boolean {
  if (!isJsonObject(part)) return false;
  const { type, text, image_url: image, refusal } = part;
  switch (type) {
    case 'text':
      return typeof text === 'string';
    case 'image_url':
      return isJsonObject(image);
    case 'refusal':
      return typeof refusal === 'string';
    default:
      return isForServers(part);
  }
}

/** Custom tools go out as functions, and flat ones in the form that servers know. */
function isTool(tool: unknown): boolean {
  return isJsonObject(tool) && tool['type'] === 'function' && isJsonObject(tool['function']);
}

function isChoice(choice: unknown): boolean {
  return (
    choice == null || typeof choice === 'string' || (isJsonObject(choice) && isJsonObject(choice['function']))
  );
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
