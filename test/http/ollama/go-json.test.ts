import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import { textOf } from '../../../src/http/body/parse-json-object.js';
import { decodeGoJson } from '../../../src/http/ollama/go-json.js';

function decode(text: string): unknown {
  return decodeGoJson(text);
}

function faultOf(body: string): Fault {
  try {
    decodeGoJson(body);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function nested(levels: number): string {
  return `${'['.repeat(levels)}${']'.repeat(levels)}`;
}

/** JSON whose top is an object or array, so that every shorter text is cut off. */
const container = fc.oneof(
  fc.array(fc.jsonValue({ maxDepth: 4 })),
  fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })),
);

const GO_TEXT = /^(unexpected EOF|missing request body|invalid character '.+' (looking for|after|in) .+)$/;

describe('decodeGoJson', () => {
  it('reads the first value and ignores what follows it', () => {
    expect(decode('{"a":[1,"x\\n",true,null]} and more')).toEqual({ a: [1, 'x\n', true, null] });
    expect(decode('{}{')).toEqual({});
    expect(decode(' \n[1] ]')).toEqual([1]);
    expect(decode('"a\\u00e9\\"b"x')).toBe('aé"b');
    expect(decode('12abc')).toBe(12);
    expect(decode('-0.5e+3,')).toBe(-500);
    expect(decode('01')).toBe(0);
    expect(decode('truex')).toBe(true);
  });

  it('takes null for an empty object', () => {
    expect(decode('null')).toEqual({});
    expect(decode('null!')).toEqual({});
  });

  it.each(['', ' ', ' \r\n\t'])('says that the body %j is missing', (body) => {
    expect(faultOf(body)).toMatchObject({ code: 'bad-request', message: 'missing request body' });
  });

  it.each([
    ['{', 'unexpected EOF'],
    ['{"a"', 'unexpected EOF'],
    ['{"a":', 'unexpected EOF'],
    ['{"a":1', 'unexpected EOF'],
    ['{"a":1,', 'unexpected EOF'],
    ['"\\', 'unexpected EOF'],
    ['"\\u12', 'unexpected EOF'],
    ['tru', 'unexpected EOF'],
    ['[1.', 'unexpected EOF'],
    ['-', 'unexpected EOF'],
    ['[1e+', 'unexpected EOF'],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['\\', "invalid character '\\\\' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
    ['\u0000', "invalid character '\\x00' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ['{"a":1]', "invalid character ']' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[01]', "invalid character '1' after array element"],
    ['{"a":"x\ny"}', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['[txue]', "invalid character 'x' in literal true (expecting 'r')"],
    ['[nul]', "invalid character ']' in literal null (expecting 'l')"],
    ['[faLse]', "invalid character 'L' in literal false (expecting 'l')"],
    ['[-x]', "invalid character 'x' in numeric literal"],
    ['[1.x]', "invalid character 'x' after decimal point in numeric literal"],
    ['[1ex]', "invalid character 'x' in exponent of numeric literal"],
  ])('words %j as Go does', (body, message) => {
    expect(faultOf(body)).toMatchObject({ code: 'bad-request', message });
  });

  it('takes 64 levels and no more, whole or broken', () => {
    expect(decode(nested(64))).toBeInstanceOf(Array);
    expect(decode(`${nested(64)}x`)).toBeInstanceOf(Array);
    for (const body of [nested(65), `${nested(65)}x`, '['.repeat(1_000_000), '{"a":'.repeat(200_000)]) {
      expect(faultOf(body)).toMatchObject({ code: 'bad-request', message: 'exceeded max depth' });
    }
  });

  it('replaces bytes that are no Unicode', () => {
    const bytes = Uint8Array.of(0x22, 0xff, 0x22);
    expect(decode(textOf({ chunks: [bytes], encoding: 'identity', maxBytes: 3, facts: undefined }))).toBe(
      '\ufffd',
    );
  });

  it('reads any value with junk behind it', () => {
    const junk = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(container, junk, (value, rest) => {
        const json = JSON.stringify(value).toWellFormed();
        expect(decode(json + rest.toWellFormed())).toEqual(decode(json));
        expect(decode(json)).toEqual(JSON.parse(json));
      }),
    );
  });

  it('answers any value that is cut off or damaged with a text of Go', () => {
    fc.assert(
      fc.property(container, fc.nat(), fc.string({ maxLength: 2 }), (value, seed, damage) => {
        const json = JSON.stringify(value);
        const cut = json.slice(0, seed % json.length);
        expect(faultOf(cut).message).toMatch(/^(unexpected EOF|missing request body)$/);
        const damaged = cut + damage + json.slice(cut.length + damage.length);
        try {
          decode(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
          expect(error instanceof Fault && error.message).toMatch(GO_TEXT);
        }
      }),
      { numRuns: 500 },
    );
  });
});
