/** Checks a request's body against its schema. */
import type { z } from 'zod';
import { Fault } from '../../core/fault.js';
import { STOP_AT_FIRST } from '../body/first-issue.js';

/** `value` (parsed JSON) as a body. Throws `bad-request` with Go's text for the first thing that is wrong. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, STOP_AT_FIRST);
  if (result.success) return result.data;
  throw new Fault('bad-request', result.error.issues[0]?.message ?? 'the body is not what this route takes');
}
