import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageBreaks } from '../../src/core/message-breaks.js';

/** Deltas as they are; a number begins a block of text with that index, `r` and a number one of reasoning. */
type Step = string | number | { readonly r: number };

function play(...steps: readonly Step[]) {
  const breaks = new MessageBreaks();
  const out = steps.flatMap((step) => {
    if (typeof step === 'string')
      return breaks.separate(step) ?? [{ type: 'text-delta' as const, text: step }];
    if (typeof step === 'number') breaks.startBlock('text_start', step);
    else breaks.startBlock('reasoning_start', step.r);
    return [];
  });
  return {
    text: out.map(({ text }) => text).join(''),
    breaks: out.filter(({ isBreak }) => isBreak).map(({ text }) => text),
    deltas: out.length,
  };
}

describe('what separates two messages of an answer', () => {
  it.each<[string, readonly Step[], string]>([
    ['a block whose index does not grow', [0, 'one.', 0, 'two.'], 'one.\n\ntwo.'],
    ['a message that begins with thoughts', [0, 'one.', { r: 0 }, 1, 'two.'], 'one.\n\ntwo.'],
    ['two messages with thoughts', [{ r: 0 }, 1, 'one.', { r: 0 }, 1, 'two.'], 'one.\n\ntwo.'],
    ['three messages', [0, 'one.', 0, 'two.', 0, 'three.'], 'one.\n\ntwo.\n\nthree.'],
    ['a line end that is there', [0, 'one.\n', 0, 'two.'], 'one.\n\ntwo.'],
    ['a blank line that is there', [0, 'one.\n\n', 0, 'two.'], 'one.\n\ntwo.'],
    ['a blank line at the beginning of the next', [0, 'one.', 0, '\n\ntwo.'], 'one.\n\ntwo.'],
    ['a line end at each side', [0, 'one.\n', 0, '\ntwo.'], 'one.\n\ntwo.'],
    ['line ends in pieces', [0, 'one.', '\n', 0, '\n', 'two.'], 'one.\n\ntwo.'],
    ['more than a blank line, which is the model’s own', [0, 'one.\n\n', 0, '\ntwo.'], 'one.\n\n\ntwo.'],
    ['a message of nothing between them', [0, 'one.', 0, 0, 'two.'], 'one.\n\ntwo.'],
  ])('%s', (_why, steps, text) => {
    expect(play(...steps).text).toBe(text);
  });

  it.each<[string, readonly Step[], string]>([
    ['before the first text', [{ r: 0 }, 1, { r: 0 }, 1, 'one.'], 'one.'],
    ['at the end', [0, 'one.', 0], 'one.'],
    ['at an end of line ends alone', [0, 'one.', 0, '\n'], 'one.'],
    ['between blocks of one message', [0, 'one.', 1, 'two.'], 'one.two.'],
    ['without any block', ['one.', 'two.'], 'one.two.'],
  ])('is not there %s', (_why, steps, text) => {
    expect(play(...steps)).toMatchObject({ text, breaks: [] });
  });

  it('is there without text of its own where a blank line is already', () => {
    expect(play(0, 'one.\n\n', 0, 'two.').breaks).toEqual(['']);
    expect(play(0, 'one.', 0, 'two.').breaks).toEqual(['\n\n']);
  });

  it('does not look at blocks without a number', () => {
    const breaks = new MessageBreaks();
    breaks.startBlock('text_start', 'a');
    breaks.separate('one.');
    breaks.startBlock('text_start', undefined);
    expect(breaks.separate('two.')).toBeUndefined();
  });

  it('is there where another message is known to begin, if there was text before', () => {
    const breaks = new MessageBreaks();
    breaks.beginMessage();
    expect(breaks.separate('one.\n')).toBeUndefined();
    breaks.beginMessage();
    expect(breaks.separate('two.')).toEqual([
      { type: 'text-delta', text: '\n', isBreak: true },
      { type: 'text-delta', text: 'two.' },
    ]);
  });

  it('begins anew with another answer', () => {
    const breaks = new MessageBreaks();
    breaks.startBlock('text_start', 0);
    breaks.separate('one.');
    breaks.beginAnswer();
    breaks.startBlock('text_start', 0);
    expect(breaks.separate('two.')).toBeUndefined();
  });

  it('adds line ends alone, and never more than two', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', '\n'), minLength: 1, maxLength: 4 });
    const messages = fc.array(fc.array(piece, { minLength: 1 }), { minLength: 1 });
    fc.assert(
      fc.property(messages, (texts) => {
        const { text } = play(...texts.flatMap((pieces) => [0, ...pieces]));
        expect(text.replaceAll('\n', '')).toBe(texts.flat().join('').replaceAll('\n', ''));
        const first = texts[0]?.join('') ?? '';
        expect(text.startsWith(first.trimEnd())).toBe(true);
        for (const [run] of text.matchAll(/\n{3,}/g)) expect(texts.flat().join('')).toContain(run.slice(2));
      }),
    );
  });
});
