/** Holds a body against the schema of its route. */
import type { z } from 'zod';
import { STOP_AT_FIRST } from '../body/first-issue.js';
import { isMissingField, toFault } from './schema-fault.js';

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
