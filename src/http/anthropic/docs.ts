/** The OpenAPI document's description of Anthropic's routes. */
import { z } from 'zod';
import { json, type Shape, type SurfaceDocs } from '../route-docs.js';
import { countTokensBody, messagesBody } from './schema.js';

const count = z.int();

const answer: Shape = {
  name: 'AnthropicMessage',
  schema: z.object({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string(),
    content: z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
        z.object({ type: z.literal('text'), text: z.string() }),
        z.object({
          type: z.literal('tool_use'),
          id: z.string(),
          name: z.string(),
          input: z.record(z.string(), z.unknown()),
          caller: z.object({ type: z.literal('direct') }),
        }),
      ]),
    ),
    stop_reason: z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'refusal']),
    stop_sequence: z.string().nullable(),
    stop_details: z.null(),
    container: z.null(),
    context_management: z.null(),
    diagnostics: z.null(),
    usage: z.object({
      input_tokens: count,
      cache_creation_input_tokens: count,
      cache_read_input_tokens: count,
      cache_creation: z
        .object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })
        .nullable(),
      output_tokens: count,
      output_tokens_details: z.object({ thinking_tokens: count }).nullable(),
      server_tool_use: z.null(),
      service_tier: z.null(),
      inference_geo: z.null(),
      speed: z.null(),
    }),
  }),
};

const error: Shape = {
  name: 'AnthropicError',
  schema: z.object({
    type: z.literal('error'),
    error: z.object({ type: z.string(), message: z.string() }),
    request_id: z.string(),
  }),
};

export const ANTHROPIC_DOCS: SurfaceDocs = {
  tag: 'Anthropic',
  description: "Anthropic's Messages API.",
  error: json(error),
  routes: {
    'POST /v1/messages': {
      summary: 'An answer to a conversation; events where `stream` is true.',
      body: { name: 'AnthropicMessagesRequest', schema: messagesBody },
      answers: { 200: { ...json(answer), 'text/event-stream': 'text' } },
    },
    'POST /v1/messages/count_tokens': {
      summary: 'An estimate from the number of characters.',
      body: { name: 'AnthropicCountTokensRequest', schema: countTokensBody },
      answers: { 200: json({ name: 'AnthropicTokenCount', schema: z.object({ input_tokens: count }) }) },
    },
  },
};
