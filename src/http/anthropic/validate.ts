/** Holds a body against the schema of its route. */
import type { z } from 'zod';
import { STOP_AT_FIRST } from '../body/first-issue.js';
import { invalid } from './invalid.js';
import { wordIssue } from './word-issue.js';

const CONTEXT = { ...STOP_AT_FIRST, error: wordIssue };

/** `body` as `schema` reads it. Throws `bad-request` for the first thing that is wrong, in the schema's order. */
export function validate<Schema extends z.ZodType>(schema: Schema, body: object): z.output<Schema> {
  const result = schema.safeParse(body, CONTEXT);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(issue?.path ?? [], issue?.message ?? 'Invalid input');
}
