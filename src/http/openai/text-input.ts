/** Fields that hold one text or several: the prompts of a completion, the inputs of an embedding. */
import { z } from 'zod';

/** A list of at least one text and at most `maxTexts`. Token arrays are refused in words of their own. */
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
