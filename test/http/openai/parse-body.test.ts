import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/http/openai/parse-body.js';

describe('the body of a request', () => {
  it('is a JSON object', () => {
    expect(parseBody(Buffer.from(' {"a": "ä"} '))).toEqual({ a: 'ä' });
  });

  it.each(['', '{', 'model=x', '[]', '"text"', '1', 'null'])('is not %j', (text) => {
    expect(() => parseBody(Buffer.from(text))).toThrow(
      expect.objectContaining({
        code: 'bad-request',
        message: expect.stringMatching(/^We could not parse the JSON body of your request\. \(HINT: /),
        param: undefined,
        reason: undefined,
      }),
    );
  });

  it('nests up to 64 levels', () => {
    const nested = (levels: number) => Buffer.from(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    expect(parseBody(nested(64))).toBeTypeOf('object');
    expect(() => parseBody(nested(65))).toThrow(expect.objectContaining({ code: 'bad-request' }));
    expect(() => parseBody(nested(100_000))).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
