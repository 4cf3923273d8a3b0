/** From a request's body to the object that the schema of its route makes of it. */
import type { z } from 'zod';
import type { BodyInput } from '../body/decode-body.js';
import {
  type BodyWords,
  MAX_NESTING,
  MAX_VALUES,
  parseJsonObject,
  STOP_AT_FIRST,
  textOf,
} from '../body/parse-json-object.js';
import { invalid } from './error.js';

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

type Issue = z.core.$ZodRawIssue;

const CONTEXT = { ...STOP_AT_FIRST, error: wordIssue };

/**
 * `body` as `schema` reads it. Throws `bad-request` for the first thing that is wrong, in the schema's order.
 * @param path where it stands in the request
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  path: readonly PropertyKey[] = [],
): z.output<Schema> {
  const result = schema.safeParse(body, CONTEXT);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid([...path, ...(issue?.path ?? [])], issue?.message ?? 'Invalid input');
}

/**
 * What is wrong with a value, as Anthropic's validator (pydantic) words it: the text without the place; undefined for what
 * our schemas never ask, which zod then words itself.
 */
function wordIssue(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'Field required'
        : `Input should be a valid ${nameType(issue.expected)}`;
    case 'invalid_value':
      return issue.input === undefined ? 'Field required' : oneOf(issue.values);
    case 'invalid_union':
      if (discriminated(issue) === undefined) return 'Field required';
      return oneOf(Array.isArray(issue.options) ? issue.options : []);
    case 'too_small':
      if (issue.origin === 'string') return `String should have at least ${issue.minimum} character`;
      return `Input should be greater than or equal to ${issue.minimum}`;
    case 'too_big':
      return `Input should be less than or equal to ${issue.maximum}`;
    default:
      return undefined;
  }
}

function nameType(expected: string): string {
  switch (expected) {
    case 'int':
      return 'integer';
    case 'array':
      return 'list';
    case 'object':
    case 'record':
      return 'dictionary';
    default:
      return expected;
  }
}

/** 'a', 'b' or 'c' */
function oneOf(values: readonly unknown[]): string {
  const names = values.filter((value) => value !== 'other').map((value) => `'${String(value)}'`);
  const last = names.pop() ?? '';
  return `Input should be ${names.length > 0 ? `${names.join(', ')} or ${last}` : last}`;
}

/** The value of a union's discriminator. */
function discriminated({ input, discriminator }: { input?: unknown; discriminator?: unknown }): unknown {
  if (typeof input !== 'object' || input === null) return undefined;
  return Object.entries(input).find(([key]) => key === discriminator)?.[1];
}
