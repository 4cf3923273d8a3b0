/** From a request's body to the object that the schema of its route makes of it. */
import type { z } from 'zod';
import { type BodyInput, textOf } from '../body/decode-body.js';
import { STOP_AT_FIRST } from '../body/first-issue.js';
import { type BodyWords, MAX_NESTING, MAX_VALUES, parseJsonObject } from '../body/parse-json-object.js';
import { invalid } from './invalid.js';
import { wordIssue } from './word-issue.js';

export const BODY_WORDS: BodyWords = {
  notJson: 'The request body is not valid JSON',
  empty: 'The request body is not valid JSON: it is empty',
  notAnObject: 'The request body is not valid JSON: it should be an object',
  tooManyValues: `The request body holds more than ${MAX_VALUES} values`,
  tooDeep: `The request body nests deeper than ${MAX_NESTING} levels`,
};

/** Throws `bad-request`, and as `textOf` does. Pure. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  input: BodyInput<unknown>,
): z.output<Schema> {
  return validate(schema, parseJsonObject(textOf(input), BODY_WORDS));
}

const CONTEXT = { ...STOP_AT_FIRST, error: wordIssue };

/** `body` as `schema` reads it. Throws `bad-request` for the first thing that is wrong, in the schema's order. */
export function validate<Schema extends z.ZodType>(schema: Schema, body: object): z.output<Schema> {
  const result = schema.safeParse(body, CONTEXT);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(issue?.path ?? [], issue?.message ?? 'Invalid input');
}
