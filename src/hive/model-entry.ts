/** What a configuration says of a model: its name alone, or what its card is to show. */
import { z } from 'zod';
import { CAPABILITIES } from '../core/model.js';

const text = z.string().regex(/\S/);
const tokens = z.int().min(1);

const entry = z.strictObject({
  name: text,
  /** Further names for it, which are listed too. */
  alias: z.union([text.transform((one) => [one]), z.array(text)]).default([]),
  contextLength: tokens.optional(),
  capabilities: z.array(z.enum(CAPABILITIES)).optional(),
  family: text.optional(),
  parameterSize: text.optional(),
  quantizationLevel: text.optional(),
});

/** One model of the configuration; what is absent is guessed from the name or left at its default. */
export type ModelEntry = z.output<typeof entry>;

/** Names and objects, mixed as the user likes; all of them become objects. */
export const modelEntries = z
  .array(z.union([text.transform((name): ModelEntry => ({ name, alias: [] })), entry]))
  .readonly();
