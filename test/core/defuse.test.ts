import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../../src/core/render.js';
import { defuse } from '../../src/core/defuse.js';

const J = '\u034F';

/** What Claude Code's CLI takes for a command, and for a file to put into the prompt. */
function actsOn(text: string): boolean {
  return text.trim().startsWith('/') || /(^|\s)@("[^"]+"|[^\s]+)/.test(text);
}

describe('a text for a worker with the CLI', () => {
  it.each([
    ['/compact', `${J}/compact`],
    ['  /help me', `  ${J}/help me`],
    ['\n\t/etc/passwd', `\n\t${J}/etc/passwd`],
    ['@/etc/passwd', `${J}@/etc/passwd`],
    ['@./notes.txt', `${J}@./notes.txt`],
    ['@../up', `${J}@../up`],
    ['@~/.netrc', `${J}@~/.netrc`],
    ['@secrets', `${J}@secrets`],
    ['@"a file"', `${J}@"a file"`],
    ['@server:resource', `${J}@server:resource`],
    ['see @a and\n@b', `see ${J}@a and\n${J}@b`],
    ['a\u00A0@b', `a\u00A0${J}@b`],
    ['@@a', `${J}@@a`],
    ['/a @b', `${J}/a ${J}@b`],
  ])('%j has its command defused', (text, defused) => {
    expect(defuse(text)).toBe(defused);
    expect(actsOn(text)).toBe(true);
    expect(actsOn(defused)).toBe(false);
  });

  it.each([
    '',
    'Why is the sky blue?',
    'and/or, a / b',
    'https://example.com/@name',
    'max@example.com',
    '3 @ 5',
    'a trailing @',
    '(@x) "@type"',
    'line one\n/line two',
  ])('%j stays as it is', (text) => {
    expect(defuse(text)).toBe(text);
    expect(actsOn(text)).toBe(false);
  });

  it('holds whatever is written, once, and loses nothing', () => {
    const texts = fc.string({
      unit: fc.constantFrom('@', '/', ' ', '\n', '~', '.', 'a', '"', '\uFEFF', '\u200B'),
    });
    fc.assert(
      fc.property(texts, (text) => {
        const defused = defuse(text);
        expect(actsOn(defused)).toBe(false);
        expect(defuse(defused)).toBe(defused);
        expect(defused.replaceAll(J, '')).toBe(text);
      }),
    );
  });

  it('leaves what stands before a longer history as it was', () => {
    const unit = fc.constantFrom('@', '/', ' ', '\n', 'a', '<', 'turn');
    const messages = fc.array(
      fc.record({ role: fc.constantFrom('user' as const, 'assistant' as const), text: fc.string({ unit }) }),
      { minLength: 2, maxLength: 6 },
    );
    fc.assert(
      fc.property(messages, (turns) => {
        const all = turns.map(({ role, text }) =>
          role === 'user'
            ? { role, content: [{ type: 'text' as const, text }] }
            : { role, content: [{ type: 'text' as const, text }], toolCalls: [] },
        );
        const shorter = [...all.slice(0, -1), { role: 'assistant' as const, content: [], toolCalls: [] }];
        const longer = [
          ...shorter,
          { role: 'user' as const, content: [{ type: 'text' as const, text: '@x' }] },
        ];
        expect(defuse(render(longer).text).startsWith(defuse(render(shorter).text))).toBe(true);
      }),
    );
  });
});
