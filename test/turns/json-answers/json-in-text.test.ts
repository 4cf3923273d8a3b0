import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJson, JsonStream } from '../../../src/turns/json-answers/json-in-text.js';

const parses = async (json: string) => {
  try {
    JSON.parse(json);
    return undefined;
  } catch {
    return 'no';
  }
};

describe('findJson', () => {
  it.each([
    ['{"a":1}', 'object', '{"a":1}'],
    ['  {"a":1}\n', 'object', '{"a":1}'],
    ['```json\n{"a":1}\n```', 'object', '{"a":1}'],
    ['Sure!\n```\n[1]\n```\nThere.', 'array', '[1]'],
    ['Here you are: {"a":"}"} and {more}', 'object', '{"a":"}"}'],
    ['I use {braces} and [1], then {"a":[1,{"b":"\\""}]}.', 'object', '{"a":[1,{"b":"\\""}]}'],
    ['[note] [1,2]', 'array', '[1,2]'],
    ['42', undefined, '42'],
    ['```\n"x"\n```', undefined, '"x"'],
  ] as const)('finds it in %j', async (text, root, json) => {
    expect(await findJson(text, root, parses)).toBe(json);
  });

  it.each(['', 'no', '{', '{"a":', 'the answer is 42', '{"a":1'])('finds none in %j', async (text) => {
    expect(await findJson(text, 'object', parses)).toBeUndefined();
  });

  // Quadratic time would be longer than a test may take.
  it('takes linear time for brackets without end', async () => {
    expect(await findJson('{"'.repeat(400_000), 'either', parses)).toBeUndefined();
  });
});

describe('JsonStream', () => {
  const containers = fc.oneof(
    fc.array(fc.jsonValue()).filter(([first]) => first !== null && typeof first !== 'boolean'),
    fc.dictionary(fc.string(), fc.jsonValue()),
  );
  const prose = fc.constantFrom('', 'Sure! ', 'Here:\n```json\n', '{curly} [note] ');
  const tail = fc.constantFrom('', '\n```', '\nAnything else? {"x":1}');

  it('passes on exactly the JSON, however it is cut', () => {
    fc.assert(
      fc.property(
        containers,
        prose,
        tail,
        fc.array(fc.integer({ min: 1, max: 9 })),
        (value, before, behind, sizes) => {
          const json = JSON.stringify(value, null, sizes.length % 3);
          const text = before + json + behind;
          const stream = new JsonStream('either');
          let out = '';
          let at = 0;
          for (const size of sizes) {
            out += stream.push(text.slice(at, at + size));
            at += size;
          }
          out += stream.push(text.slice(at));
          expect(out).toBe(json);
          expect(stream.passed).toBe(json);
          expect(stream.pending).toBe('');
        },
      ),
    );
  });

  it('begins to pass as soon as the JSON has begun', () => {
    const stream = new JsonStream('object');
    expect(['Well: ', '{', ' ', '"a', '":1', '}', '!'].map((piece) => stream.push(piece))).toEqual([
      '',
      '',
      '',
      '{ "a',
      '":1',
      '}',
      '',
    ]);
  });

  it('holds everything where a scalar is asked for', () => {
    const stream = new JsonStream(undefined);
    expect(stream.push('4') + stream.push('2')).toBe('');
    expect(stream.pending).toBe('42');
  });

  // Quadratic time would be longer than a test may take.
  it('takes linear time for a long text without JSON, however small its pieces', () => {
    const stream = new JsonStream('either');
    for (let piece = 0; piece < 200_000; piece++) stream.push('word { ');
    expect(stream.pending.length).toBe(7 * 200_000);
    expect(stream.push('"a": 1}')).toBe('{ "a": 1}');
  });
});
