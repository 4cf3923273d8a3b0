/** From a `prompt` tone to what a chat completion is asked with. */
import type OpenAI from 'openai';
import { Fault } from '../core/fault.js';
import type { Tone } from '../thrum/link/tone-codec.js';
import { isJsonObject } from '../core/json-object.js';
import { type OfferedTool, toOfferedTools } from './offered-tools.js';
import { type Fields, toSamplingFields } from './sampling-fields.js';

export type ChatMessage = OpenAI.ChatCompletionMessageParam;
type ContentPart = OpenAI.ChatCompletionContentPart;

export interface ChatRequest {
  readonly model: string;
  /** System text if there is some, then the prompt; a turn's rounds are added to a copy. */
  readonly messages: readonly ChatMessage[];
  /** By name. */
  readonly tools: ReadonlyMap<string, OfferedTool>;
  /** Everything else of the body that the prompt sets. */
  readonly fields: Fields;
}

/** Throws a `worker-error` for a prompt that names no model. @param ownTools names of tools that this worker offers to others */
export function toChatRequest(prompt: Tone, ownTools: ReadonlySet<string>): ChatRequest {
  const { modelId, sampling, systemPrompt }: Tone = prompt;
  if (typeof modelId !== 'string' || modelId === '')
    throw new Fault('worker-error', 'the prompt names no model');
  const tools = toOfferedTools(prompt, ownTools);
  const system: readonly ChatMessage[] =
    typeof systemPrompt === 'string' && systemPrompt !== ''
      ? [{ role: 'system', content: systemPrompt }]
      : [];
  return {
    model: modelId,
    messages: [...system, { role: 'user', content: toContent(prompt) }],
    tools,
    fields: { ...toSamplingFields(sampling), ...toToolFields(tools, sampling) },
  };
}

/** Plain text where there are no images, which is all that many servers take. */
function toContent(prompt: Tone): string | ContentPart[] {
  const content = prompt['content'] ?? prompt['text'];
  const text = typeof content === 'string' ? content : '';
  const attachments: unknown = prompt['attachments'];
  const images = (Array.isArray(attachments) ? attachments : []).flatMap(toImagePart);
  if (images.length === 0) return text;
  return text === '' ? images : [{ type: 'text', text }, ...images];
}

function toImagePart(attachment: unknown): ContentPart[] {
  if (!isJsonObject(attachment) || attachment['kind'] !== 'image') return [];
  const { mediaType, data, url } = attachment;
  if (typeof url === 'string') return [{ type: 'image_url', image_url: { url } }];
  if (typeof data !== 'string') return [];
  const type = typeof mediaType === 'string' ? mediaType : 'image/png';
  return [{ type: 'image_url', image_url: { url: `data:${type};base64,${data}` } }];
}

function toToolFields(tools: ReadonlyMap<string, OfferedTool>, sampling: unknown): Fields {
  if (tools.size === 0) return {};
  const { toolChoice, parallelToolCalls } = isJsonObject(sampling) ? sampling : {};
  return {
    tools: [...tools.values()].map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, ...(description === '' ? {} : { description }), parameters: inputSchema },
    })),
    ...(toolChoice == null ? {} : { tool_choice: toolChoice }),
    ...(typeof parallelToolCalls === 'boolean' ? { parallel_tool_calls: parallelToolCalls } : {}),
  };
}
