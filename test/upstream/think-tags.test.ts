/** Thoughts that stand in the text: with both tags, and where the server's template has opened them. */
import { describe, expect, it } from 'vitest';
import { ThinkSplitter } from '../../src/upstream/think-tags.js';

/** Fed character by character. */
function split(text: string, beginsInside: boolean) {
  const splitter = new ThinkSplitter(beginsInside);
  const pieces = [...[...text].flatMap((character) => splitter.push(character)), ...splitter.end()];
  const of = (wanted: string) =>
    pieces
      .filter(({ type }) => type === wanted)
      .map((piece) => piece.text)
      .join('');
  return [of('reasoning'), of('text')];
}

describe('an answer that begins within its thoughts', () => {
  it.each([
    ['Hm.\n</think>\n\nFine.', 'Hm.', 'Fine.'],
    ['<think>Hm.</think>Fine.', 'Hm.', 'Fine.'],
    ['</think>\n\nFine.', '', 'Fine.'],
    ['a <b> c</think>Fine </think>', 'a <b> c', 'Fine </think>'],
    ['Hm, no end', 'Hm, no end', ''],
    ['[THINK]Hm.[/THINK]Fine.', 'Hm.', 'Fine.'],
    ['', '', ''],
  ])('%j', (text, reasoning, rest) => {
    expect(split(text, true)).toEqual([reasoning, rest]);
  });

  it('is all text where the server has a field for thoughts', () => {
    const splitter = new ThinkSplitter(true);
    expect([...splitter.giveUp(), ...splitter.push('Fine.'), ...splitter.end()]).toEqual([
      { type: 'text', text: 'Fine.' },
    ]);
  });
});

it('that opens no tag is text, a closing tag included', () => {
  expect(split('Write </think> there.', false)).toEqual(['', 'Write </think> there.']);
});
