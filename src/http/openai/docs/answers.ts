/** The OpenAPI schemas of all answers but those of the Responses API. */
import { z } from 'zod';
import type { Shape } from '../../route-docs.js';

const count = z.int();

const usage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, audio_tokens: count }),
  completion_tokens_details: z.object({
    reasoning_tokens: count,
    audio_tokens: count,
    accepted_prediction_tokens: count,
    rejected_prediction_tokens: count,
  }),
});

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);
const called = z.object({ name: z.string(), arguments: z.string() });
const opening = { id: z.string(), created: count, model: z.string() };

export const CHAT_COMPLETION: Shape = {
  name: 'ChatCompletion',
  schema: z.object({
    ...opening,
    object: z.literal('chat.completion'),
    choices: z.array(
      z.object({
        index: count,
        message: z.object({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.null(),
          reasoning_content: z.string().optional(),
          reasoning: z.string().optional(),
          tool_calls: z
            .array(
              z.discriminatedUnion('type', [
                z.object({ id: z.string(), type: z.literal('function'), function: called }),
                z.object({
                  id: z.string(),
                  type: z.literal('custom'),
                  custom: z.object({ name: z.string(), input: z.string() }),
                }),
              ]),
            )
            .optional(),
          function_call: called.optional(),
        }),
        logprobs: z.object({ content: z.array(z.unknown()), refusal: z.null() }).nullable(),
        finish_reason: finishReason,
      }),
    ),
    usage,
    service_tier: z.string(),
    system_fingerprint: z.null(),
  }),
};

export const TEXT_COMPLETION: Shape = {
  name: 'TextCompletion',
  schema: z.object({
    ...opening,
    object: z.literal('text_completion'),
    choices: z.array(
      z.object({
        text: z.string(),
        index: count,
        logprobs: z.looseObject({ tokens: z.array(z.string()) }).nullable(),
        finish_reason: finishReason,
      }),
    ),
    usage,
    system_fingerprint: z.null(),
  }),
};

export const EMBEDDING_LIST: Shape = {
  name: 'EmbeddingList',
  schema: z.object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: count,
        embedding: z.union([z.array(z.number()), z.string()]),
      }),
    ),
    model: z.string(),
    usage: z.object({ prompt_tokens: count, total_tokens: count }),
  }),
};

const model = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: count,
  owned_by: z.string(),
  context_window: count,
  context_length: count,
  max_model_len: count,
  active: z.literal(false).optional().describe('no worker serves it now'),
});

export const MODEL: Shape = { name: 'Model', schema: model };
export const MODEL_LIST: Shape = {
  name: 'ModelList',
  schema: z.object({ object: z.literal('list'), data: z.array(model) }),
};

export const USAGE_LIST: Shape = {
  name: 'UsageList',
  schema: z.object({
    object: z.literal('list'),
    from: z.string(),
    to: z.string(),
    data: z.array(
      z.object({
        object: z.literal('usage'),
        day: z.string(),
        key_id: z.string().nullable(),
        model: z.string(),
        turns: count,
        failed_turns: count,
        prompt_tokens: count,
        completion_tokens: count,
        cached_tokens: count,
        estimated_turns: count,
      }),
    ),
    unread: z
      .array(z.object({ day: z.string(), lines: count.optional(), reason: z.string().optional() }))
      .optional(),
  }),
};

export const SESSION_LIST: Shape = {
  name: 'SessionList',
  schema: z.object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        id: z.string(),
        object: z.literal('hum.session'),
        model: z.string(),
        name: z.string().nullable().describe('what its client calls it'),
        state: z.enum(['kept', 'running', 'parked']),
        turns: count,
        age_seconds: count,
        idle_seconds: count,
      }),
    ),
  }),
};

export const DELETED_SESSION: Shape = {
  name: 'DeletedSession',
  schema: z.object({
    id: z.string(),
    object: z.literal('hum.session.deleted'),
    deleted: z.literal(true),
    note: z.string().describe('what is not deleted'),
  }),
};

export const ERROR: Shape = {
  name: 'OpenAIError',
  schema: z.object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  }),
};
