/** The OpenAPI schemas of the Responses API's answers. */
import { z } from 'zod';
import type { Shape } from '../../route-docs.js';

const count = z.int();
const status = z.enum(['in_progress', 'completed', 'incomplete']);

const message = z.object({
  id: z.string(),
  type: z.literal('message'),
  status,
  role: z.literal('assistant'),
  content: z.array(
    z.object({
      type: z.literal('output_text'),
      text: z.string(),
      annotations: z.array(z.unknown()),
      logprobs: z.array(z.unknown()),
    }),
  ),
});
const reasoning = z.object({
  id: z.string(),
  type: z.literal('reasoning'),
  status,
  summary: z.array(z.object({ type: z.literal('summary_text'), text: z.string() })),
  content: z.array(z.object({ type: z.literal('reasoning_text'), text: z.string() })).optional(),
  encrypted_content: z.string().nullish(),
});
const call = {
  id: z.string(),
  status,
  call_id: z.string(),
  name: z.string(),
  namespace: z.string().optional(),
};
const functionCall = z.object({ ...call, type: z.literal('function_call'), arguments: z.string() });
const customToolCall = z.object({ ...call, type: z.literal('custom_tool_call'), input: z.string() });

const toolSearchCall = z.object({
  id: z.string(),
  type: z.literal('tool_search_call'),
  status: z.string(),
  call_id: z.string(),
  execution: z.literal('client'),
  arguments: z.unknown(),
});

const mcpCall = z.object({
  id: z.string(),
  type: z.literal('mcp_call'),
  status: z.enum(['in_progress', 'completed', 'failed']),
  approval_request_id: z.null(),
  arguments: z.string(),
  error: z.string().nullable(),
  name: z.string(),
  output: z.string().nullable(),
  server_label: z.string(),
});

const usage = z.object({
  input_tokens: count,
  input_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }),
  output_tokens: count,
  output_tokens_details: z.object({ reasoning_tokens: count }),
  total_tokens: count,
});

const compaction = z.object({
  id: z.string(),
  type: z.literal('compaction'),
  encrypted_content: z.string(),
});

export const COMPACTION: Shape = {
  name: 'Compaction',
  schema: z.object({
    id: z.string(),
    object: z.literal('response.compaction'),
    created_at: count,
    output: z.array(z.looseObject({ id: z.string(), type: z.string() })),
    usage,
  }),
};

export const RESPONSE: Shape = {
  name: 'Response',
  schema: z.object({
    id: z.string(),
    object: z.literal('response'),
    created_at: count,
    status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
    access_programs: z.null(),
    background: z.boolean(),
    completed_at: count.nullable(),
    conversation: z.object({ id: z.string() }).nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    frequency_penalty: z.number(),
    incomplete_details: z.object({ reason: z.string() }).nullable(),
    instructions: z.string().nullable(),
    max_output_tokens: count.nullable(),
    max_tool_calls: count.nullable(),
    model: z.string(),
    moderation: z.null(),
    output: z.array(
      z.discriminatedUnion('type', [
        message,
        reasoning,
        functionCall,
        customToolCall,
        toolSearchCall,
        mcpCall,
        compaction,
      ]),
    ),
    parallel_tool_calls: z.boolean(),
    presence_penalty: z.number(),
    previous_response_id: z.string().nullable(),
    prompt: z.null(),
    prompt_cache_key: z.string().nullable(),
    prompt_cache_retention: z.string().nullable(),
    reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }),
    safety_identifier: z.string().nullable(),
    service_tier: z.string(),
    store: z.boolean(),
    temperature: z.number(),
    text: z.object({ format: z.looseObject({ type: z.string() }), verbosity: z.string() }),
    tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]),
    tools: z.array(z.looseObject({ type: z.string() })),
    top_logprobs: count,
    top_p: z.number(),
    truncation: z.string(),
    usage: usage.nullable(),
    user: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
  }),
};

export const DELETED_RESPONSE: Shape = {
  name: 'DeletedResponse',
  schema: z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) }),
};

export const INPUT_ITEMS: Shape = {
  name: 'InputItemList',
  schema: z.object({
    object: z.literal('list'),
    data: z.array(z.looseObject({ id: z.string() })),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  }),
};

export const INPUT_TOKENS: Shape = {
  name: 'InputTokens',
  schema: z.object({ object: z.literal('response.input_tokens'), input_tokens: count }),
};

export const CONVERSATION: Shape = {
  name: 'Conversation',
  schema: z.object({
    id: z.string(),
    object: z.literal('conversation'),
    created_at: count,
    metadata: z.record(z.string(), z.string()),
  }),
};

export const DELETED_CONVERSATION: Shape = {
  name: 'DeletedConversation',
  schema: z.object({ id: z.string(), object: z.literal('conversation.deleted'), deleted: z.literal(true) }),
};
