import { describe, expect, it } from 'vitest';
import { toCustomInput } from '../../../src/http/openai/called-tool.js';

describe('the text that a custom tool was called with', () => {
  it.each([
    ['{"input":"a\\nb"}', 'a\nb'],
    ['{"input":""}', ''],
    ['"bare"', 'bare'],
    ['not JSON', 'not JSON'],
    ['{"patch":"x"}', '{"patch":"x"}'],
    ['{"input":{"a":1}}', '{"input":{"a":1}}'],
    ['null', 'null'],
    ['', ''],
  ])('in %j is %j', (input, text) => {
    expect(toCustomInput(input)).toBe(text);
  });
});
