/** The errors of what is not one of the imitated APIs: `{"error":{"code","message"}}`. */
import { z } from 'zod';
import type { Fault } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import { type JsonAnswerOptions, WireAnswer } from '../answer/wire-answer.js';
import type { Shape } from '../route-docs.js';

/** For programs and people alike: in a terminal the prompt stands below it. */
export const JSON_LINE: JsonAnswerOptions = { contentType: 'application/json; charset=utf-8', end: '\n' };

export const CODED_ERROR: Shape = {
  name: 'CodedError',
  schema: z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
};

/** @param headers besides those that the fault brings */
export function toCodedError(fault: Fault, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  const { code, message } = fault;
  return WireAnswer.json(
    { error: { code, message } },
    { ...JSON_LINE, status: statusOf(code), headers: { ...headers, ...faultHeaders(fault) } },
  );
}
