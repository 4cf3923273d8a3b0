/**
 * What the body of a response must look like: unknown keys are ignored, and null is the same as absent
 * (src/http/openai/README.md, "Response requests").
 */
import { z } from 'zod';
import { decimal, integer } from '../body-fields.js';
import { format, inputItem } from './item-schema.js';
import { tool, toolChoice } from './tool-schema.js';

/** Fields whose effect a client relies on, and which have none here: better refused than silently dropped. */
function refused(field: string, advice: string) {
  return z
    .unknown()
    .refine((value) => value == null || value === false, {
      error: `Unsupported parameter: '${field}' is not supported here. ${advice}`,
      params: { reason: 'unsupported_parameter' },
    })
    .optional()
    .meta({ enum: [null, false], description: `Refused. ${advice}` });
}

/** A record of texts; a check of our own, since zod looks at every value of a record, however many are wrong. */
const metadata = z
  .record(z.string(), z.unknown())
  .meta({ additionalProperties: { type: 'string' } })
  .transform((values, context): Record<string, string> => {
    const texts: [string, string][] = [];
    for (const [key, value] of Object.entries(values)) {
      if (typeof value !== 'string') {
        context.addIssue({ code: 'invalid_type', expected: 'string', input: value, path: [key] });
        return z.NEVER;
      }
      texts.push([key, value]);
    }
    return Object.fromEntries(texts);
  });

/** The keys stand in the order in which they are checked: the first one that is wrong is reported. */
const fields = z.object({
  input: z.union([z.string(), z.array(inputItem)]).nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: refused('conversation', "Send the whole history, or use 'previous_response_id'."),
  prompt: refused('prompt', "Send its text as 'instructions' and 'input'."),
  background: z.boolean().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  max_output_tokens: integer({ min: 1 }).nullish(),
  max_tool_calls: integer().nullish(),
  temperature: decimal({ min: 0, max: 2 }).nullish(),
  top_p: decimal({ min: 0, max: 1 }).nullish(),
  top_k: integer().nullish(),
  min_p: decimal({ min: 0, max: 1 }).nullish(),
  presence_penalty: decimal({ min: -2, max: 2 }).nullish(),
  frequency_penalty: decimal({ min: -2, max: 2 }).nullish(),
  seed: integer().nullish(),
  top_logprobs: integer({ min: 0, max: 20 }).nullish(),
  text: z.object({ format: format.nullish(), verbosity: z.string().nullish() }).nullish(),
  reasoning: z
    .object({
      effort: z.string().nullish(),
      summary: z.string().nullish(),
      /** The older name of `summary`. */
      generate_summary: z.string().nullish(),
    })
    .nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  include: z.array(z.string()).nullish(),
  service_tier: z.string().nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.string().nullish(),
  metadata: metadata.nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
});

export const responsesBody = z.object({
  model: z.string().min(1),
  ...fields.shape,
  generate: z
    .boolean()
    .nullish()
    .meta({ description: 'False: nothing is answered, and a later response goes on from this one.' }),
});

/** For `POST /v1/responses/input_tokens`, which needs no model to count. */
export const countBody = z.object({ model: z.string().nullish(), ...fields.shape });

export type ResponsesBody = z.output<typeof responsesBody>;
/** All that does not depend on the model. */
export type ResponsesFields = z.output<typeof fields>;
