/** From a request's body to the object that the schema of its route makes of it. */
import type { z } from 'zod';
import { type BodyInput, textOf } from '../body/decode-body.js';
import { STOP_AT_FIRST } from '../body/first-issue.js';
import { type BodyWords, MAX_NESTING, MAX_VALUES, parseJsonObject } from '../body/parse-json-object.js';
import { isMissingField, toFault } from './schema-fault.js';

const NOT_JSON =
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
  'correctly. This API expects a JSON payload, but what was sent was not valid JSON.)';

/** In OpenAI's words (src/http/openai/README.md, "Errors"). */
export const BODY_WORDS: BodyWords = {
  notJson: NOT_JSON,
  empty: NOT_JSON,
  notAnObject:
    'We could not parse the JSON body of your request. (HINT: This API expects a JSON payload that is an object.)',
  tooManyValues: `The JSON body of your request holds more than ${MAX_VALUES} values.`,
  tooDeep: `The JSON body of your request nests deeper than ${MAX_NESTING} levels.`,
};

/** Throws `bad-request`, and as `textOf` does. Pure. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  input: BodyInput<unknown>,
): z.output<Schema> {
  return validate(schema, parseJsonObject(textOf(input), BODY_WORDS));
}

const CONTEXT = { ...STOP_AT_FIRST, reportInput: true };

/**
 * `body` as `schema` reads it. Throws `bad-request` for the first thing that is wrong, in the schema's order, after all that
 * is missing.
 */
export function validate<Schema extends z.ZodType>(schema: Schema, body: object): z.output<Schema> {
  const result = schema.safeParse(body, CONTEXT);
  if (result.success) return result.data;
  // What is missing shows without what is there, which may be a lot.
  const missing = schema.safeParse(withoutContent(body), { reportInput: true }).error?.issues ?? [];
  throw toFault([...missing.filter(isMissingField), ...result.error.issues]);
}

/** The same fields, lists and objects empty. */
function withoutContent(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, emptied(value)]));
}

function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  return typeof value === 'object' && value !== null ? {} : value;
}
