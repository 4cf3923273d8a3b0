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

/** What OpenAI takes of them. */
const MAX_METADATA_ENTRIES = 16;
const MAX_METADATA_NAME = 64;
const MAX_METADATA_TEXT = 512;

/** A record of texts; a check of our own, since zod looks at every value of a record, however many are wrong. */
const metadata = z
  .record(z.string(), z.unknown())
  .meta({
    additionalProperties: { type: 'string', maxLength: MAX_METADATA_TEXT },
    maxProperties: MAX_METADATA_ENTRIES,
  })
  .transform((values, context): Record<string, string> => {
    const entries = Object.entries(values);
    const refuse = (message: string, reason: string, key?: string) => {
      context.addIssue({
        code: 'custom',
        message,
        params: { reason },
        ...(key === undefined ? {} : { path: [key] }),
      });
      return z.NEVER;
    };
    if (entries.length > MAX_METADATA_ENTRIES) {
      const message = `Invalid 'metadata': too many properties. Expected an object with at most ${MAX_METADATA_ENTRIES} properties, but got an object with ${entries.length} properties instead.`;
      return refuse(message, 'object_above_max_properties');
    }
    const texts: [string, string][] = [];
    for (const [key, value] of entries) {
      if (key.length > MAX_METADATA_NAME) {
        const message = `Invalid 'metadata': a name is too long. Expected at most ${MAX_METADATA_NAME} characters, but got ${key.length} instead.`;
        return refuse(message, 'string_above_max_length');
      }
      if (typeof value !== 'string') {
        context.addIssue({ code: 'invalid_type', expected: 'string', input: value, path: [key] });
        return z.NEVER;
      }
      if (value.length > MAX_METADATA_TEXT) {
        const message = `Invalid 'metadata.${key}': string too long. Expected a string with maximum length ${MAX_METADATA_TEXT}, but got a string with length ${value.length} instead.`;
        return refuse(message, 'string_above_max_length', key);
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
  conversation: z.union([z.string().min(1), z.looseObject({ id: z.string().min(1) })]).nullish(),
  prompt: refused('prompt', "Send its text as 'instructions' and 'input'."),
  background: z.boolean().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  max_output_tokens: integer({ min: 1 }).nullish(),
  max_tool_calls: integer({ min: 1 }).nullish(),
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

/** For `POST /v1/conversations`. */
export const conversationBody = z.object({
  items: z.array(inputItem).nullish(),
  metadata: metadata.nullish(),
});

export type ResponsesBody = z.output<typeof responsesBody>;
/** All that does not depend on the model. */
export type ResponsesFields = z.output<typeof fields>;
