import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TerminalMarkdown } from '../../src/commands/chat/markdown.js';
import type { Paint } from '../../src/commands/terminal-text.js';

const paint: Paint = (style, text) => `<${style}>${text}</${style}>`;

/** All that is shown of a text that comes in these pieces. */
function render(...pieces: readonly string[]): string {
  const markdown = new TerminalMarkdown(paint);
  return pieces.map((piece) => markdown.write(piece)).join('') + markdown.end();
}

describe('markdown in a terminal', () => {
  it.each([
    ['a plain line\nand another', 'a plain line\nand another'],
    [
      '**a** *b* __c__ _d_ ~~e~~',
      '<bold>a</bold> <italic>b</italic> <bold>c</bold> <italic>d</italic> <strike>e</strike>',
    ],
    ['`a *b*` and ``c`d``', '<cyan>a *b*</cyan> and <cyan>c`d</cyan>'],
    ['**a *b* c**', '<bold>a <italic>b</italic> c</bold>'],
    ['snake_case_name, 2 * 3 * 4, **kwargs, \\*no\\*', 'snake_case_name, 2 * 3 * 4, **kwargs, *no*'],
    ['[a](https://b.c) [d] [e](', '<underline>a</underline><dim> (https://b.c)</dim> [d] [e]('],
    ['# A\n## B *c*\n#no', '<underline>A</underline>\n<bold>B </bold><bold><italic>c</italic></bold>\n#no'],
    ['- a\n  * b\n1. c\n- [x] d\n- [ ] e', '• a\n  • b\n1. c\n☑ d\n☐ e'],
    ['> a', '<dim>│ </dim><italic>a</italic>'],
    ['a\n\n---\nb', `a\n\n<dim>${'─'.repeat(40)}</dim>\nb`],
    [
      '```js\nlet *a*;\n\n# b\n```\nc',
      '<dim>```js</dim>\n<cyan>let *a*;</cyan>\n<cyan></cyan>\n<cyan># b</cyan>\n<dim>```</dim>\nc',
    ],
    ['~~~\nnot closed', '<dim>~~~</dim>\n<cyan>not closed</cyan>'],
    [
      '| a | b |\n|---|--:|\n| **long** | 日本 |\nafter',
      '<bold>a</bold>   <dim> │ </dim><bold>b</bold>\n<dim>─────┼─────</dim>\n<bold>long</bold><dim> │ </dim>日本\nafter',
    ],
    ['| no table\nafter', '| no table\nafter'],
    ['- ', '• '],
    ['4', '4'],
    ['', ''],
  ])('%j', (text, shown) => {
    expect(render(text)).toBe(shown);
  });

  it('shows words of a line as they come, and a mark when it is known', () => {
    const markdown = new TerminalMarkdown(paint);
    const pieces = ['t0 ', 't1', ' **bo', 'ld** a', 'nd'].map((piece) => markdown.write(piece));
    expect(pieces).toEqual(['t0 ', 't1', ' ', '<bold>bold</bold> a', 'nd']);
    expect(markdown.write('\n## He')).toBe('\n<bold>He</bold>');
    expect(markdown.write('ad')).toBe('<bold>ad</bold>');
    expect(markdown.end()).toBe('');
    expect(markdown.write('a*'.repeat(600)).length).toBeGreaterThan(500);
  });

  it('shows the same however the text is divided, and leaves nothing out of a text without marks', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '\n',
      '*',
      '**',
      '_',
      '`',
      '```',
      '# ',
      '- ',
      '|',
      '|-|',
      '[x](y)',
      '1. ',
      '\\',
      '>',
      '~~',
    );
    const unstyled: Paint = (_, text) => text;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        // Adjacent painted pieces are painted in one or in several.
        const join = (text: string) => text.replaceAll(/<\/(\w+)><\1>/g, '');
        expect(join(render(...pieces))).toBe(join(render(pieces.join(''))));
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '.', '"', '{', '=') }), (text) => {
        const markdown = new TerminalMarkdown(unstyled);
        expect(markdown.write(text) + markdown.end()).toBe(text);
      }),
    );
  });

  it('is not held up by a text that is made for it', () => {
    const started = performance.now();
    for (const mark of ['**a ', '[', '`', '__a ', '*a', '| a ', '> ', '~~a ', '[a](']) {
      const markdown = new TerminalMarkdown(paint);
      for (let count = 0; count < 20_000; count++) markdown.write(mark);
      markdown.end();
    }
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
