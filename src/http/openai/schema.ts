/** What the body of a chat completion must look like: unknown keys are ignored, and null is the same as absent. */
import { z } from 'zod';
import { message } from './message-schema.js';
import { decimal, integer } from './number-field.js';
import { tool, toolChoice } from './tool-schema.js';

const MAX_CHOICES = 128;
const MIN_SEED = -(2 ** 63);
const MAX_SEED = 2 ** 63;

/** A model must be named; OpenAI words its absence in a way of its own, without a code or a param (§5.2). */
const model = z.preprocess(
  (value) => value ?? '',
  z.string().refine((name) => name !== '', {
    error: 'you must provide a model parameter',
    params: { param: null },
  }),
);

/** One answer for a request: to give one where several are asked for would be silently wrong. */
const choices = integer({ min: 1, max: MAX_CHOICES }).refine((n) => n === 1, {
  error: "Unsupported value: 'n' must be 1 here. Send the request several times for several answers.",
  params: { reason: 'unsupported_value' },
});

const modalities = z.array(z.string()).refine((names) => !names.includes('audio'), {
  error: "Unsupported value: 'modalities' does not support 'audio' here. Supported values are: 'text'.",
  params: { reason: 'unsupported_value' },
});

const functions = z.array(z.unknown()).refine((list) => list.length === 0, {
  error: "Unsupported parameter: 'functions' is not supported here. Use 'tools' instead.",
  params: { reason: 'unsupported_parameter' },
});

/** The keys stand in the order in which OpenAI checks them (§5.2): the first one that is wrong is told. */
export const chatBody = z.object({
  model,
  messages: z.array(message).min(1),
  functions: functions.nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  max_completion_tokens: integer({ min: 1 }).nullish(),
  n: choices.nullish(),
  temperature: decimal({ min: 0, max: 2 }).nullish(),
  top_p: decimal({ min: 0, max: 1 }).nullish(),
  top_k: integer().nullish(),
  min_p: decimal({ min: 0, max: 1 }).nullish(),
  presence_penalty: decimal({ min: -2, max: 2 }).nullish(),
  frequency_penalty: decimal({ min: -2, max: 2 }).nullish(),
  repetition_penalty: decimal().nullish(),
  seed: integer({ min: MIN_SEED, max: MAX_SEED }).nullish(),
  response_format: z.object({ type: z.enum(['text', 'json_object', 'json_schema']) }).nullish(),
  max_tokens: integer({ min: 1 }).nullish(),
  reasoning_effort: z.string().nullish(),
  reasoning: z.object({ effort: z.string().nullish(), enabled: z.boolean().nullish() }).nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  modalities: modalities.nullish(),
});

export type ChatBody = z.output<typeof chatBody>;
