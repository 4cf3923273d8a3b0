/**
 * From a request's body to the object that the schema of its route makes of it, or to what is wrong with it in OpenAI's
 * words.
 */
import type { z } from 'zod';
import { Fault } from '../../core/fault.js';
import type { BodyInput } from '../body/decode-body.js';
import {
  type BodyWords,
  MAX_NESTING,
  MAX_VALUES,
  parseJsonObject,
  STOP_AT_FIRST,
  textOf,
} from '../body/parse-json-object.js';

type Issue = z.core.$ZodIssue;
type Bound = z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig;

/** Longer values are not repeated in a message. */
const MAX_SHOWN_CHARACTERS = 64;

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
  return validate(schema, parseObject(input));
}

/** The body before any schema has read it. Throws as `parseBody` does. */
export function parseObject(input: BodyInput<unknown>): object {
  return parseJsonObject(textOf(input), BODY_WORDS);
}

const CONTEXT = { ...STOP_AT_FIRST, reportInput: true };

/**
 * `body` as `schema` reads it. Throws `bad-request` for the first thing that is wrong, in the schema's order, after all that
 * is missing.
 */
export function validate<Schema extends z.ZodType>(schema: Schema, body: object): z.output<Schema> {
  const result = schema.safeParse(body, CONTEXT);
  if (result.success) return result.data;
  // A missing field is found without the content of the others, which may be large.
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

/**
 * The first of `issues` as a `bad-request`, fields that are missing before all others. Needs `reportInput`: an input that is
 * undefined was not there. A custom issue brings its own message and, in `params`, its `reason`, `param: null` where it
 * belongs to no field, and `isMissing: true` where a field is missing.
 */
export function toFault(issues: readonly Issue[]): Fault {
  const first = issues.find(isMissingField) ?? issues[0];
  if (!first) return new Fault('bad-request', 'The request is not what this route takes.');
  const issue = deepestIssue(first);
  const param = toParam(issue.path);
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? missing(param) : wrongType(param, issue.expected, issue.input);
    case 'invalid_value':
      return wrongValue(param, issue.values, issue.input);
    case 'invalid_union':
      return wrongValue(param, ('options' in issue ? issue.options : undefined) ?? [], discriminated(issue));
    case 'too_small':
    case 'too_big':
      return outOfBounds(param, issue);
    case 'custom': {
      const reason: unknown = issue.params?.['reason'];
      return new Fault('bad-request', issue.message, {
        ...(issue.params?.['param'] === null ? {} : { param }),
        ...(typeof reason === 'string' ? { reason } : {}),
      });
    }
    default:
      return new Fault('bad-request', `Invalid value for '${param}'.`, { param, reason: 'invalid_value' });
  }
}

/** OpenAI looks for all that it needs before it looks into any of it. */
function isMissingField(issue: Issue): boolean {
  if (issue.path.length !== 1) return false;
  return issue.code === 'custom' ? issue.params?.['isMissing'] === true : issue.input === undefined;
}

/** ["messages", 0, "role"] as `messages[0].role`. */
export function toParam(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

function missing(param: string): Fault {
  const reason = 'missing_required_parameter';
  return new Fault('bad-request', `Missing required parameter: '${param}'.`, { param, reason });
}

function wrongType(param: string, expected: string, input: unknown): Fault {
  const message = `Invalid type for '${param}': expected ${nameExpected(expected)}, but got ${nameType(input)} instead.`;
  return new Fault('bad-request', message, { param, reason: 'invalid_type' });
}

function wrongValue(param: string, values: readonly unknown[], input: unknown): Fault {
  if (input === undefined) return missing(param);
  if (typeof input !== 'string') return wrongType(param, 'string', input);
  const shown = input.length > MAX_SHOWN_CHARACTERS ? '' : `: '${input}'`;
  const message = `Invalid value${shown}. Supported values are: ${listed(values)}.`;
  return new Fault('bad-request', message, { param, reason: 'invalid_value' });
}

/** The value of a union's discriminator. */
function discriminated(issue: z.core.$ZodIssueInvalidUnion): unknown {
  const { input, discriminator } = issue;
  if (typeof input !== 'object' || input === null || discriminator === undefined) return undefined;
  return Object.entries(input).find(([key]) => key === discriminator)?.[1];
}

/** 'a', 'b', and 'c' */
function listed(values: readonly unknown[]): string {
  const names = values.map((value) => `'${String(value)}'`);
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
}

function outOfBounds(param: string, issue: Bound): Fault {
  if (issue.origin === 'array') return empty(param, 'array');
  if (issue.origin === 'string') return empty(param, 'string');
  const kind = issue.origin === 'int' ? 'integer' : 'decimal';
  const [side, short, expected] =
    issue.code === 'too_small'
      ? ['below minimum', 'below_min', `>= ${issue.minimum}`]
      : ['above maximum', 'above_max', `<= ${issue.maximum}`];
  const message = `Invalid '${param}': ${kind} ${side} value. Expected a value ${expected}, but got ${issue.input} instead.`;
  return new Fault('bad-request', message, { param, reason: `${kind}_${short}_value` });
}

/** The one bound that our schemas put on arrays and strings is that there is something in them. */
function empty(param: string, kind: 'array' | 'string'): Fault {
  const message = `Invalid '${param}': empty ${kind}. Expected ${nameExpected(kind)} with minimum length 1, but got an empty ${kind} instead.`;
  return new Fault('bad-request', message, { param, reason: `empty_${kind}` });
}

/**
 * Which of a union's issues to report: the one of the branch that came closest. The issue itself, or for a
 * union the one with the deepest path among its branches, all paths counted from the body. Where no branch has the right
 * type, the result is one `invalid_type` whose `expected` names all of theirs, joined by `|`.
 */
function deepestIssue(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const inner = issue.errors
    .flat()
    .map((each) => deepestIssue({ ...each, path: [...issue.path, ...each.path] }));
  const depth = Math.max(...inner.map((each) => each.path.length));
  const deepest = inner.filter((each) => each.path.length === depth);
  const closest = deepest.find((each) => each.code !== 'invalid_type') ?? deepest[0] ?? issue;
  if (closest.code !== 'invalid_type' || depth > issue.path.length) return closest;
  const expected = deepest.flatMap((each) => (each.code === 'invalid_type' ? [each.expected] : []));
  return { ...closest, expected: expected.join('|') };
}

/** "a string", "an integer"; `expected` is zod's name of a type, or several of them joined by `|`. */
function nameExpected(expected: string): string {
  const names = [...new Set(expected.split('|').map(nameOne))];
  return names.length > 1 ? `one of ${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join('');
}

function nameOne(expected: string): string {
  switch (expected) {
    case 'int':
      return 'an integer';
    case 'number':
      return 'a decimal';
    case 'array':
      return 'an array';
    case 'object':
    case 'record':
      return 'an object';
    default:
      return `a ${expected}`;
  }
}

/** What a value of parsed JSON is. */
function nameType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
