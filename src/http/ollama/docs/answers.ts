/** The OpenAPI schemas of the routes' answers. */
import { z } from 'zod';
import type { Shape } from '../../route-docs.js';

const count = z.int();

const toolCall = z.object({
  id: z.string(),
  function: z.object({ index: count, name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
});
const toolCalls = z.array(toolCall).optional();
const thinking = z.string().optional();

const opening = { model: z.string(), created_at: z.string() };
/** On the last line, or the whole answer; a request that only loads a model has no figures. */
const ending = {
  done: z.boolean(),
  done_reason: z.string().optional(),
  logprobs: z.array(z.looseObject({ token: z.string(), logprob: z.number() })).optional(),
  total_duration: count.optional(),
  load_duration: count.optional(),
  prompt_eval_count: count.optional(),
  prompt_eval_duration: count.optional(),
  eval_count: count.optional(),
  eval_duration: count.optional(),
};

const error = z.object({ error: z.string() });

/** One line, or the whole; a stream that fails ends in an error. */
export const CHAT_ANSWER: Shape = {
  name: 'OllamaChatAnswer',
  schema: z.object({
    ...opening,
    message: z.object({ role: z.string(), content: z.string(), thinking, tool_calls: toolCalls }),
    ...ending,
  }),
};

export const GENERATE_ANSWER: Shape = {
  name: 'OllamaGenerateAnswer',
  schema: z.object({
    ...opening,
    response: z.string(),
    thinking,
    tool_calls: toolCalls,
    context: z.array(count).optional(),
    ...ending,
  }),
};

export const PROGRESS: Shape = {
  name: 'OllamaProgress',
  schema: z.union([
    z.object({
      status: z.string(),
      digest: z.string().optional(),
      total: count.optional(),
      completed: count.optional(),
    }),
    error,
  ]),
};

export const ERROR: Shape = { name: 'OllamaError', schema: error };

export const VECTORS: Shape = {
  name: 'OllamaEmbedAnswer',
  schema: z.object({
    model: z.string(),
    embeddings: z.array(z.array(z.number())),
    total_duration: count.optional(),
    load_duration: count.optional(),
    prompt_eval_count: count.optional(),
  }),
};

export const VECTOR: Shape = {
  name: 'OllamaEmbeddingsAnswer',
  schema: z.object({ embedding: z.array(z.number()) }),
};

const details = {
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
};
const listed = { name: z.string(), model: z.string(), size: count, digest: z.string() };

export const TAGS: Shape = {
  name: 'OllamaModels',
  schema: z.object({
    models: z.array(
      z.object({
        ...listed,
        modified_at: z.string(),
        details: z.object({ ...details, context_length: count }),
        capabilities: z.array(z.string()),
        active: z.literal(false).optional().describe('no worker serves it now'),
      }),
    ),
  }),
};

export const RUNNING: Shape = {
  name: 'OllamaRunningModels',
  schema: z.object({
    models: z.array(
      z.object({
        ...listed,
        details: z.object(details),
        expires_at: z.string(),
        size_vram: count,
        context_length: count,
      }),
    ),
  }),
};

export const CARD: Shape = {
  name: 'OllamaModelCard',
  schema: z.object({
    license: z.string(),
    modelfile: z.string(),
    parameters: z.string(),
    template: z.string(),
    details: z.object(details),
    model_info: z.record(z.string(), z.unknown()),
    capabilities: z.array(z.string()),
    modified_at: z.string(),
  }),
};

export const VERSION: Shape = { name: 'OllamaVersion', schema: z.object({ version: z.string() }) };

export const CLOUD: Shape = {
  name: 'OllamaStatus',
  schema: z.object({ cloud: z.object({ disabled: z.boolean(), source: z.string() }) }),
};

export const RECOMMENDATIONS: Shape = {
  name: 'OllamaRecommendations',
  schema: z.object({ recommendations: z.array(z.unknown()) }),
};
