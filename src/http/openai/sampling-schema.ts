/**
 * The knobs of sampling that a chat and a completion share (src/http/openai/README.md, "Chat requests" and "Completions").
 */
import { z } from 'zod';
import { decimal, integer } from './number-field.js';

const MAX_CHOICES = 128;
const MIN_SEED = -(2 ** 63);
const MAX_SEED = 2 ** 63;

/** How many answers are asked for. */
export const choiceCount = integer({ min: 1, max: MAX_CHOICES }).nullish();

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
