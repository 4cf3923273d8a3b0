/** What is wrong with a value, in the words of Anthropic's API (which are those of its validator, pydantic). */
import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/** The text without the place; undefined for what our schemas never ask, which zod then words itself. */
export function wordIssue(issue: Issue): string | undefined {
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
  const names = values.filter((value) => value !== 'skipped').map((value) => `'${String(value)}'`);
  const last = names.pop() ?? '';
  return `Input should be ${names.length > 0 ? `${names.join(', ')} or ${last}` : last}`;
}

/** The value by which a union's branches are told apart. */
function discriminated({ input, discriminator }: { input?: unknown; discriminator?: unknown }): unknown {
  if (typeof input !== 'object' || input === null) return undefined;
  return Object.entries(input).find(([key]) => key === discriminator)?.[1];
}
