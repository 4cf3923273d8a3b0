/** Fields that several bodies have, with issues that OpenAI words in its own way: the model, numbers, texts, sampling. */
import { z } from 'zod';

const MAX_CHOICES = 128;
const MIN_SEED = -(2 ** 63);
const MAX_SEED = 2 ** 63;

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/**
 * A number field whose issues distinguish integers from decimals, which OpenAI's error codes do and zod's own do not: a
 * whole number within `bounds`, both included. Not limited to safe integers: seeds are 64 bits wide.
 */
export function integer(bounds: Bounds = {}) {
  return bounded('int', bounds);
}

/** Any finite number within `bounds`, both included. */
export function decimal(bounds: Bounds = {}) {
  return bounded('number', bounds);
}

function bounded(origin: 'int' | 'number', { min, max }: Bounds) {
  const field = z.unknown().transform((input, context): number => {
    if (typeof input !== 'number' || (origin === 'int' && !Number.isInteger(input))) {
      context.addIssue({ code: 'invalid_type', expected: origin, input });
      return z.NEVER;
    }
    if (min !== undefined && input < min) {
      context.addIssue({ code: 'too_small', origin, minimum: min, inclusive: true, input });
    }
    if (max !== undefined && input > max) {
      context.addIssue({ code: 'too_big', origin, maximum: max, inclusive: true, input });
    }
    return input;
  });
  // zod cannot see into a transform.
  return field.meta({
    type: origin === 'int' ? 'integer' : 'number',
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  });
}

/**
 * A model must be named; OpenAI words its absence in a way of its own, without a code or a param
 * (src/http/openai/README.md, "Errors").
 */
export const modelField = z.preprocess(
  (value) => value ?? '',
  z.string().refine((name) => name !== '', {
    error: 'you must provide a model parameter',
    params: { param: null, isMissing: true },
  }),
);

/**
 * A field that holds one text or several, such as the prompts of a completion or the inputs of an embedding, as a list: at
 * least one text and at most `maxTexts`. Token arrays are refused in words of their own.
 */
export function textInput(field: string, maxTexts: number) {
  const texts = z
    .unknown()
    .superRefine((value, context) => {
      if (!Array.isArray(value)) return;
      if (value.some((each) => typeof each === 'number' || Array.isArray(each))) {
        context.addIssue({
          code: 'custom',
          message: `Invalid '${field}': token arrays cannot be read here, because hum has no tokenizer. Send text.`,
          params: { reason: 'unsupported_value' },
        });
      }
      if (value.length > maxTexts) {
        context.addIssue({
          code: 'custom',
          message: `Invalid '${field}': array too long. Expected an array with maximum length ${maxTexts}, but got an array with length ${value.length} instead.`,
          params: { reason: 'array_above_max_length' },
        });
      }
    })
    .pipe(z.union([z.string(), z.array(z.string()).min(1)]))
    .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))
    .meta({
      anyOf: [
        { type: 'string' },
        { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: maxTexts },
      ],
    });
  return z.preprocess((value) => value ?? undefined, texts);
}

/** How many answers are asked for. */
export const choiceCount = integer({ min: 1, max: MAX_CHOICES }).nullish();

/**
 * The parameters of sampling that a chat and a completion share (src/http/openai/README.md, "Chat requests" and
 * "Completions").
 */
export const temperature = decimal({ min: 0, max: 2 }).nullish();
export const topP = decimal({ min: 0, max: 1 }).nullish();
export const penalty = decimal({ min: -2, max: 2 }).nullish();
export const seed = integer({ min: MIN_SEED, max: MAX_SEED }).nullish();

/** Of other servers: honoured where the worker can. */
export const extensions = {
  top_k: integer().nullish(),
  min_p: decimal({ min: 0, max: 1 }).nullish(),
  repetition_penalty: decimal().nullish(),
};

/** One text, or several; OpenAI takes four, more do no harm. */
export const stop = z.union([z.string(), z.array(z.string())]).nullish();

export const streamOptions = z.object({ include_usage: z.boolean().nullish() }).nullish();
