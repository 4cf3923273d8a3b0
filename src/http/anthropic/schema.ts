/** What the bodies of both routes must look like: unknown keys are ignored, and null is absent where a key is optional. */
import { z } from 'zod';
import { message, systemContent } from './message-schema.js';
import { tool, toolChoice } from './tool-schema.js';

/** zod calls a string in its place "not a number". */
const integer = z.int({
  error: ({ code, input }) =>
    code === 'invalid_type' && input !== undefined ? 'Input should be a valid integer' : undefined,
});

/** An unknown type leaves the thinking to the worker, as Ollama does (src/http/anthropic/README.md, "Thinking"). */
const thinking = z.object({ type: z.string(), budget_tokens: integer.nullish() });

const outputConfig = z.object({
  effort: z.string().nullish(),
  format: z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
});

/** The keys stand in the order of src/http/anthropic/README.md, "Requests": the first one that is wrong is reported. */
export const messagesBody = z.object({
  model: z.string().min(1),
  max_tokens: integer.min(1),
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
});

/** The same without `max_tokens`: nothing is generated. */
export const countTokensBody = messagesBody.omit({ max_tokens: true });

export type MessagesBody = z.output<typeof messagesBody>;
/** What both bodies have. */
export type TurnBody = Omit<MessagesBody, 'max_tokens'> & Partial<Pick<MessagesBody, 'max_tokens'>>;
