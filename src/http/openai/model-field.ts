/** The one field that every body must have. */
import { z } from 'zod';

/** A model must be named; OpenAI words its absence in a way of its own, without a code or a param (spec/openai.md §5.2). */
export const modelField = z.preprocess(
  (value) => value ?? '',
  z.string().refine((name) => name !== '', {
    error: 'you must provide a model parameter',
    params: { param: null, isMissing: true },
  }),
);
