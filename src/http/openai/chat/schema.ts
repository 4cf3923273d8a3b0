/** What the body of a chat completion must look like: unknown keys are ignored, and null is the same as absent. */
import { z } from 'zod';
import type { AnswerFormat } from '../../../core/request.js';
import { namingMetadata } from '../../session-name.js';
import {
  choiceCount,
  extensions,
  integer,
  modelField,
  penalty,
  seed,
  stop,
  streamOptions,
  temperature,
  topP,
} from '../body-fields.js';
import { toFormatDescription } from '../format-description.js';
import { declaredFunction, functionChoice, tool, toolChoice } from '../tool-schema.js';
import { message } from './message-schema.js';

const SCHEMA_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

const schema = z.record(z.string(), z.unknown()).nullish();
const name = z.string().refine((value) => SCHEMA_NAME.test(value), {
  error: "Invalid name of a schema. Expected 1 to 64 letters, digits, '_' or '-'.",
  params: { reason: 'invalid_value' },
});

/**
 * `response_format` (src/http/openai/README.md, "Response format"). llama.cpp's clients put a schema straight into either of the JSON
 * formats, without a name.
 */
const responseFormat = z.preprocess(
  (value) =>
    isFlat(value) ? { type: value.type, json_schema: { name: 'answer', schema: value.schema } } : value,
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object'), json_schema: z.object({ schema }).nullish() }),
    z.object({ type: z.literal('json_schema'), json_schema: z.looseObject({ name, schema }) }),
  ]),
);

const modalities = z.array(z.string()).refine((names) => !names.includes('audio'), {
  error: "Unsupported value: 'modalities' does not support 'audio' here. Supported values are: 'text'.",
  params: { reason: 'unsupported_value' },
});

/**
 * The keys stand in the order in which OpenAI checks them (src/http/openai/README.md, "Chat requests"): the first one that
 * is wrong is reported. What is not here has no effect and is not looked at.
 */
export const chatBody = z.object({
  model: modelField,
  messages: z.array(message).min(1),
  functions: z.array(declaredFunction).nullish(),
  function_call: functionChoice.nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  max_completion_tokens: integer({ min: 1 }).nullish(),
  n: choiceCount,
  temperature,
  top_p: topP,
  ...extensions,
  presence_penalty: penalty,
  frequency_penalty: penalty,
  seed,
  response_format: responseFormat.nullish(),
  max_tokens: integer({ min: 1 }).nullish(),
  reasoning_effort: z.string().nullish(),
  reasoning: z
    .object({
      effort: z.string().nullish(),
      enabled: z.boolean().nullish(),
      exclude: z.boolean().nullish(),
    })
    .nullish(),
  include_reasoning: z.boolean().nullish(),
  chat_template_kwargs: z.object({ enable_thinking: z.boolean().nullish() }).nullish(),
  /** Looked at where the model is known: `requireNoLogprobs`. */
  logprobs: z.unknown().optional(),
  top_logprobs: z.unknown().optional(),
  stop,
  stream: z.boolean().nullish(),
  stream_options: streamOptions,
  modalities: modalities.nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  metadata: namingMetadata,
});

export type ChatBody = z.output<typeof chatBody>;

type ResponseFormat = z.output<typeof responseFormat>;

/** Undefined where the answer may be any text. A format without a schema is any JSON object. */
export function toAnswerFormat(
  format: ResponseFormat | null | undefined,
  isStreamed: boolean,
): AnswerFormat | undefined {
  if (format == null || format.type === 'text') return undefined;
  const delivery = isStreamed ? 'streamed' : 'whole';
  if (format.type === 'json_object') return { schema: format.json_schema?.schema ?? undefined, delivery };
  const { json_schema: described } = format;
  return { schema: described.schema ?? undefined, description: toFormatDescription(described), delivery };
}

function isFlat(value: unknown): value is { type: unknown; schema: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'schema' in value &&
    !('json_schema' in value)
  );
}
