/** What the bodies of the inference routes must look like: loose in what they may hold, strict in its types. */
import { z } from 'zod';
import { base64Error } from './base64.js';
import { goTypes } from './go-types.js';
import { format, keepAlive, OPTIONS, think } from './own-types.js';

const chat = goTypes('ChatRequest');
const generate = goTypes('GenerateRequest');

/** What both routes take. `format`, `keep_alive` and `think` have types of their own, checked where they are read. */
function sharedFields(go: ReturnType<typeof goTypes>) {
  return {
    model: go.string(),
    stream: go.bool(),
    format,
    keep_alive: keepAlive,
    options: go.map().meta(OPTIONS),
    think,
    truncate: go.bool(),
    shift: go.bool(),
    logprobs: go.bool(),
    top_logprobs: go.int(),
    _debug_render_only: go.bool(),
  };
}

/** Base64, as it goes on: Go allows line ends in it, which are taken out, and a list of bytes in its place. */
function images(go: ReturnType<typeof goTypes>) {
  const image = go
    .string('api.ImageData')
    .refine((text) => text == null || base64Error(text) === undefined, {
      error: (issue) => (typeof issue.input === 'string' ? base64Error(issue.input) : undefined),
    })
    .transform((text) => text?.replace(/[\r\n]/g, ''));
  return go.list('[]api.ImageData', z.preprocess(encodeByteList, image).optional());
}

function encodeByteList(value: unknown): unknown {
  return Array.isArray(value) && value.every(isByte) ? Buffer.from(value).toString('base64') : value;
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xff;
}

const toolCall = chat.struct('api.ToolCall', {
  id: chat.string(),
  function: chat.struct('api.ToolCallFunction', {
    name: chat.string(),
    arguments: chat.map('api.ToolCallFunctionArguments'),
  }),
});

/** Ollama takes nothing but text; one client sends `[]` for a message of images alone (src/http/README.md, "Clients"). */
const content = z.preprocess(
  (value) => (Array.isArray(value) && value.length === 0 ? '' : value),
  chat.string(),
);

const message = chat.struct('api.Message', {
  role: chat.string(),
  content: content.optional(),
  thinking: chat.string(),
  images: images(chat),
  tool_calls: chat.list('[]api.ToolCall', toolCall),
  tool_name: chat.string(),
  tool_call_id: chat.string(),
});

const tool = chat.struct('api.Tool', {
  type: chat.string(),
  function: chat.struct('api.ToolFunction', {
    name: chat.string(),
    description: chat.string(),
    parameters: chat.map('api.ToolFunctionParameters'),
  }),
});

export const chatBody = chat.body({
  ...sharedFields(chat),
  messages: chat.list('[]api.Message', message),
  tools: chat.list('[]api.Tool', tool),
});

export const generateBody = generate.body({
  ...sharedFields(generate),
  prompt: generate.string(),
  suffix: generate.string(),
  system: generate.string(),
  template: generate.string(),
  context: generate.list('[]int', generate.int()),
  raw: generate.bool(),
  images: images(generate),
});

export type ChatBody = z.output<typeof chatBody>;
export type GenerateBody = z.output<typeof generateBody>;
export type ChatMessage = NonNullable<z.output<typeof message>>;
export type ChatTool = NonNullable<z.output<typeof tool>>;
