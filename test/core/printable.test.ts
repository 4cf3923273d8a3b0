import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPrintable, toPrintableJson, toPrintableLine } from '../../src/core/printable.js';

/** What a terminal, or a reader of text in two directions, takes for more than text. */
const STEERS = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

describe('text of others', () => {
  it.each([
    ['\u001b]0;owned\u0007title', ']0;ownedtitle'],
    ['\u009b2Jgone', '2Jgone'],
    ['gpt\u202egnp.exe\u2066', 'gptgnp.exe'],
    ['two\nlines\tkept', 'two\nlines\tkept'],
    ['ünïcode 🙂 العربية', 'ünïcode 🙂 العربية'],
  ])('%j is shown as %j', (text, shown) => {
    expect(toPrintable(text)).toBe(shown);
  });

  it('is one line where one is wanted', () => {
    expect(toPrintableLine(' a\r\nb\u2028c\u0000 \u202ed ')).toBe('a b c  d');
  });

  it('never steers, and as JSON is the same value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(toPrintable(text)).not.toMatch(STEERS);
        expect(toPrintableLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
        const json = toPrintableJson(JSON.stringify({ text }));
        expect(json).not.toMatch(STEERS);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});
