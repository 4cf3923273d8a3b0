/** The one field that every body must have. */
import { z } from 'zod';

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
