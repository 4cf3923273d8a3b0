/** From a `prompt` tone to what a chat completion is asked with. */
import { Fault } from '../core/fault.js';
import { isJsonObject, type JsonObject, parseJson } from '../core/json-object.js';
import type { Tone } from '../thrum/link/tone-codec.js';
import { type Fields, toSamplingFields } from '../thrum/turn/sampling-fields.js';
import { readMessages } from '../thrum/turn/read-messages.js';
import { type OfferedTool, toOfferedTools, toToolEntry } from './offered-tools.js';
import type { ChatMessage } from './server-messages.js';

export interface ChatRequest {
  readonly model: string;
  /** As they came with the prompt, or made of its text; a turn's rounds are added to a copy. */
  readonly messages: readonly ChatMessage[];
  /** By name. */
  readonly tools: ReadonlyMap<string, OfferedTool>;
  /** Everything else of the body that the prompt sets. */
  readonly fields: Fields;
  /** True if the prompt brought its messages: who sent it brings them again with the results of its calls. */
  readonly endsOnCalls: boolean;
}

/** Throws a `worker-error` for a prompt that names no model. @param ownTools names of tools that this worker offers to others */
export function toChatRequest(prompt: Tone, ownTools: ReadonlySet<string>): ChatRequest {
  const { modelId } = prompt;
  if (typeof modelId !== 'string' || modelId === '')
    throw new Fault('worker-error', 'the prompt names no model');
  const given = readMessages(prompt);
  const settings = readSettings(prompt['request']);
  const tools = toOfferedTools(prompt, settings?.['tools'], ownTools);
  return {
    model: modelId,
    messages: given ?? toMessages(prompt),
    tools,
    fields: { ...(settings ?? toSettings(prompt, tools)), ...toToolList(tools) },
    endsOnCalls: given !== undefined,
  };
}

/** The settings of a request as its client wrote them, in OpenAI's words; undefined where the prompt has none. */
function readSettings(text: unknown): JsonObject | undefined {
  if (typeof text !== 'string') return undefined;
  const settings = parseJson(text);
  return isJsonObject(settings) ? settings : undefined;
}

function toMessages(prompt: Tone): readonly ChatMessage[] {
  const { systemPrompt } = prompt;
  const question = { role: 'user', content: toContent(prompt) };
  if (typeof systemPrompt !== 'string' || systemPrompt === '') return [question];
  return [{ role: 'system', content: systemPrompt }, question];
}

/** Plain text where nothing is attached, which is all that many servers take. */
function toContent(prompt: Tone): string | readonly JsonObject[] {
  const content = prompt['content'] ?? prompt['text'];
  const text = typeof content === 'string' ? content : '';
  const attachments: unknown = prompt['attachments'];
  const attached = (Array.isArray(attachments) ? attachments : []).flatMap(toAttachedPart);
  if (attached.length === 0) return text;
  return text === '' ? attached : [{ type: 'text', text }, ...attached];
}

function toAttachedPart(attachment: unknown): readonly JsonObject[] {
  if (!isJsonObject(attachment)) return [];
  const { kind, mediaType, data, url, name } = attachment;
  if (kind === 'pdf') {
    const filename = typeof name === 'string' ? name : 'document.pdf';
    if (typeof url === 'string') return [{ type: 'file', file: { filename, file_url: url } }];
    if (typeof data !== 'string') return [];
    return [{ type: 'file', file: { filename, file_data: `data:application/pdf;base64,${data}` } }];
  }
  if (kind !== 'image') return [];
  if (typeof url === 'string') return [{ type: 'image_url', image_url: { url } }];
  if (typeof data !== 'string') return [];
  const type = typeof mediaType === 'string' ? mediaType : 'image/png';
  return [{ type: 'image_url', image_url: { url: `data:${type};base64,${data}` } }];
}

function toToolList(tools: ReadonlyMap<string, OfferedTool>): Fields {
  return tools.size === 0 ? {} : { tools: [...tools.values()].map(toToolEntry) };
}

/** Those of a prompt that has them in hum's words. */
function toSettings({ sampling }: Tone, tools: ReadonlyMap<string, OfferedTool>): Fields {
  const { toolChoice, parallelToolCalls } = isJsonObject(sampling) ? sampling : {};
  return {
    ...toSamplingFields(sampling),
    ...(tools.size === 0 || toolChoice == null ? {} : { tool_choice: toolChoice }),
    ...(tools.size === 0 || typeof parallelToolCalls !== 'boolean'
      ? {}
      : { parallel_tool_calls: parallelToolCalls }),
  };
}
