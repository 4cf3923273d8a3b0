import { EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import ndjson from 'ndjson';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeTone, type Tone, ToneDecoder } from '../../src/thrum/link/tone-codec.js';

const LIMIT = 8 * 1024 * 1024;
const decodeAll = (chunks: readonly Buffer[], limit = LIMIT) => {
  const decoder = new ToneDecoder(limit);
  return { tones: chunks.flatMap((chunk) => decoder.decode(chunk)), dropped: decoder.dropped };
};

describe('ToneDecoder', () => {
  // Quadratic time would be longer than a test may take.
  it('takes linear time to look for lines that are nothing but null', () => {
    const line = `{"chi":"a","b":null}${'\r'.repeat(500_000)} x\n`;
    expect(decodeAll([Buffer.from(`${line}\rnull\r\n{"chi":"b"}\n`)]).tones).toEqual([{ chi: 'b' }]);
  });

  it('decodes the recorded links cut at every byte', () => {
    for (const name of readdirSync('test/fixtures/thrum')) {
      const lines = readFileSync(`test/fixtures/thrum/${name}`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => `${JSON.stringify(JSON.parse(line).tone)}\n`);
      const bytes = Buffer.from(lines.join(''));
      const whole = decodeAll([bytes]).tones;
      expect(whole).toEqual(lines.map((line) => JSON.parse(line)));
      for (let cut = 1; cut < bytes.length; cut++) {
        const tones = decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)]).tones;
        if (JSON.stringify(tones) !== JSON.stringify(whole))
          expect.fail(`${name} differs when cut at byte ${cut}`);
      }
      expect(decodeAll([...bytes].map((byte) => Buffer.of(byte))).tones).toEqual(whole);
    }
  });

  it.each([
    ['bad JSON', '{"chi":'],
    ['null', 'null'],
    ['null among spaces', '  null\t\r'],
    ['an array', '[{"chi":"chunk"}]'],
    ['a number', '1'],
    ['a string', '"chi"'],
    ['true', 'true'],
    ['no chi', '{"sid":"x"}'],
    ['a chi that is no string', '{"chi":5}'],
  ])('drops %s and keeps the lines around it, in one read and in many', (_, line) => {
    const bytes = Buffer.from(`{"chi":"a"}\n${line}\n{"chi":"b","note":null}\n`);
    for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.of(byte))]) {
      const { tones, dropped } = decodeAll(chunks);
      expect(tones).toEqual([{ chi: 'a' }, { chi: 'b', note: null }]);
      expect(dropped).toEqual({ malformed: 1, oversized: 0 });
    }
  });

  it('has no stack taken of the errors that lines which are no JSON make', () => {
    const emit = vi.spyOn(EventEmitter.prototype, 'emit');
    onTestFinished(() => emit.mockRestore());
    decodeAll([Buffer.from('x\n')]);
    const errors = emit.mock.calls.filter(([event]) => event === 'error').map(([, error]) => error);
    expect(errors).toHaveLength(1);
    expect(errors[0].stack).not.toContain(' at ');
  });

  it('leaves the stacks of errors that others make as they are', () => {
    const limit = Error.stackTraceLimit;
    const { dropped } = decodeAll([Buffer.from('x\n'.repeat(100))]);
    expect([dropped.malformed, Error.stackTraceLimit]).toEqual([100, limit]);
    expect(new Error('ours').stack).toContain('codec.test.ts');
  });

  it('passes over blank lines and carriage returns', () => {
    const { tones, dropped } = decodeAll([Buffer.from('\n\r\n{"chi":"a"}\r\n\n')]);
    expect(tones).toEqual([{ chi: 'a' }]);
    expect(dropped.malformed).toBe(0);
  });

  it('keeps a line of exactly the limit and drops one byte more, whole or in pieces, with the following lines kept', () => {
    const line = (bytes: number) => `{"chi":"${'x'.repeat(bytes - 10)}"}`;
    const bytes = Buffer.from(`${line(100)}\n${line(101)}\n{"chi":"after"}\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, n) =>
      bytes.subarray(n * 7, n * 7 + 7),
    );
    for (const chunks of [[bytes], pieces]) {
      const { tones, dropped } = decodeAll(chunks, 100);
      expect(tones.map((tone) => tone.chi.length)).toEqual([90, 5]);
      expect(dropped.oversized).toBe(1);
    }
  });

  // ndjson alone takes 43 s for it, which is longer than a test may take.
  it('drops a 64 MB line in linear time', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const decoder = new ToneDecoder(LIMIT);
    for (let n = 0; n < 1024; n++) decoder.decode(chunk);
    expect(decoder.decode(Buffer.from('\n{"chi":"after"}\n'))).toEqual([{ chi: 'after' }]);
    expect(decoder.dropped.oversized).toBe(1);
  });

  it('gives the same tones however the bytes are cut', () => {
    const anyLine = fc.oneof(
      fc.record({ chi: fc.string(), text: fc.string({ unit: 'binary' }) }).map((tone) => encodeTone(tone)),
      fc.constantFrom('null\n', '\n', '{}\n', '[]\n', 'x\n', '"null"\n', '{"chi":"null"}\n'),
    );
    fc.assert(
      fc.property(fc.array(anyLine), fc.array(fc.nat({ max: 40 })), (lines, sizes) => {
        const bytes = Buffer.from(lines.join(''));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        expect(decodeAll(chunks)).toEqual(decodeAll([bytes]));
      }),
    );
  });
});

/** The decoder replaces this method of a stream that is not its own, which no documentation promises to be called. */
describe("ndjson's `push`, which the decoder replaces", () => {
  it('is handed each value of a write before the write returns, `null` included, and an error for a line that is no JSON, after which it goes on', () => {
    const parser = ndjson.parse({ strict: true });
    const errors: unknown[] = [];
    parser.on('error', (error) => errors.push(error));
    const taken: unknown[] = [];
    parser.push = (value: unknown) => {
      taken.push(value);
      return true;
    };
    parser.write(Buffer.from('{"a":1}\nnull\n{"a":\n\n[2]\n'));
    expect(taken).toEqual([{ a: 1 }, null, [2]]);
    expect(errors).toHaveLength(1);
    parser.write(Buffer.from('"next"\n'));
    expect(taken.slice(3)).toEqual(['next']);
  });

  it('keeps nothing back, however much was written and nobody reads', () => {
    const decoder = new ToneDecoder(LIMIT);
    const lines = Buffer.from('{"chi":"a"}\n'.repeat(1_000));
    const counts = Array.from({ length: 50 }, () => decoder.decode(lines).length);
    expect(new Set(counts)).toEqual(new Set([1_000]));
  });
});

describe('encodeTone', () => {
  it('writes one line that any JSON reader gives back, with lone surrogates made U+FFFD in keys and values', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '\\', 'u', 'd8', 'a', '\n') }),
          fc.string({ unit: fc.constantFrom('\ud83c', '\udf0d', '\\', 'ud800', '"', '\u2028', '\0') }),
        ),
        (fields) => {
          const line = encodeTone({ chi: 'x', fields });
          expect(line.endsWith('\n')).toBe(true);
          expect(line.slice(0, -1)).not.toContain('\n');
          const entries = Object.entries(fields).map(([key, value]) => [
            key.toWellFormed(),
            value.toWellFormed(),
          ]);
          const read: Tone = JSON.parse(line);
          expect(read['fields']).toEqual(Object.fromEntries(entries));
        },
      ),
    );
  });
});
