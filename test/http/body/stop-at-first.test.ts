/** The coupling to `abortEarly`, an entry of zod's parse context that its documentation does not have. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { STOP_AT_FIRST } from '../../../src/http/body/parse-json-object.js';

/** A text, and how many values it was asked about. */
function countedText() {
  let asked = 0;
  const text = z.unknown().transform((value, context) => {
    asked++;
    if (typeof value !== 'string') context.addIssue({ code: 'custom', message: 'no text', input: value });
    return value;
  });
  return { text, asked: () => asked };
}

it('has zod look at no item of a list behind the first that is wrong', () => {
  const { text, asked } = countedText();
  const result = z.array(text).safeParse(['fine', 1, 2, 3], STOP_AT_FIRST);
  expect([result.error?.issues.map(({ path }) => path), asked()]).toEqual([[[1]], 2]);
});

it('has zod look at no field of an object behind the first that is wrong', () => {
  const { text, asked } = countedText();
  const body = z.object({ model: text, messages: z.array(text), stop: text });
  const result = body.safeParse({ model: 'm', messages: [1, 2], stop: 3 }, STOP_AT_FIRST);
  expect([result.error?.issues.map(({ path }) => path), asked()]).toEqual([[['messages', 0]], 2]);
});

it('says the same of what is right', () => {
  const body = z.object({ model: z.string(), stop: z.array(z.string()) });
  const value = { model: 'm', stop: ['a', 'b'] };
  expect(body.safeParse(value, STOP_AT_FIRST)).toEqual({ success: true, data: value });
});
