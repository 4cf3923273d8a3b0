/** What the bodies of both routes must look like: unknown keys are ignored, and null is absent where a key is optional. */
import { z } from 'zod';
import { anyTypeBut } from '../route-docs.js';
import { namingMetadata } from '../session-name.js';
import { message, systemContent } from './message-schema.js';

/** zod calls a string in its place "not a number". */
const integer = z.int({
  error: ({ code, input }) =>
    code === 'invalid_type' && input !== undefined ? 'Input should be a valid integer' : undefined,
});

/** An unknown type leaves the thinking to the worker, as Ollama does (src/http/anthropic/README.md, "Thinking"). */
const thinking = z.object({
  type: z.string(),
  budget_tokens: integer.nullish(),
  display: z.string().nullish(),
});

const outputConfig = z.object({
  effort: z.string().nullish(),
  format: z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
});

const defer_loading = z.boolean().nullish();
const strict = z.boolean().nullish();

const clientTool = z
  .object({
    type: z.literal('custom'),
    name: z.string().min(1),
    description: z.string().nullish(),
    input_schema: z.record(z.string(), z.unknown()).nullish(),
    strict,
    defer_loading,
  })
  .meta({ required: ['name'] });

/** A tool of Anthropic's own, by its type (`web_search_20250305`, `bash_20250124`): the client runs some, Anthropic's servers the others. */
const typedTool = z
  .object({
    type: z.literal('typed'),
    kind: z.unknown().optional(),
    name: z.unknown().optional(),
    strict: z.unknown().optional(),
    defer_loading: z.unknown().optional(),
    configs: z.unknown().optional(),
  })
  .meta(anyTypeBut(['custom']));

/** A tool without a type is the client's. */
function nameKind(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const type = 'type' in value ? value.type : undefined;
  if (type == null || type === 'custom') return { ...value, type: 'custom' };
  return { ...value, type: 'typed', kind: type };
}

const tool = z.preprocess(nameKind, z.discriminatedUnion('type', [clientTool, typedTool]));

const disable_parallel_tool_use = z.boolean().nullish();

const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), disable_parallel_tool_use }),
  z.object({ type: z.literal('any'), disable_parallel_tool_use }),
  z.object({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use }),
  z.object({ type: z.literal('none') }),
]);

/** The keys stand in the order of src/http/anthropic/README.md, "Requests": the first one that is wrong is reported. */
export const messagesBody = z.object({
  model: z.string().min(1),
  max_tokens: integer.min(0),
  messages: z.array(message).min(1, { error: 'at least one message is required' }),
  system: systemContent.nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: thinking.nullish(),
  output_config: outputConfig.nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: integer.min(0).nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  stream: z.boolean().nullish(),
  metadata: namingMetadata,
});

/** The same without `max_tokens`: nothing is generated. */
export const countTokensBody = messagesBody.omit({ max_tokens: true });

export type MessagesBody = z.output<typeof messagesBody>;
/** What both bodies have. */
export type TurnBody = Omit<MessagesBody, 'max_tokens'> & Partial<Pick<MessagesBody, 'max_tokens'>>;
export type InputTool = z.output<typeof tool>;
