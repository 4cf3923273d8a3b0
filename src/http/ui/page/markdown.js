/**
 * Markdown as models write it, as elements: headings, paragraphs, lists, quotes, tables, code, emphasis, links. What a model writes only
 * ever becomes text: there is no HTML in it, an image is a link, and a link leads to nothing but the web or a mail address.
 */
import { copyButton } from './copy.js';
import { element } from './element.js';

/** Lists and quotes deeper than that are text. */
const MAX_DEPTH = 8;
const SAFE_LINK = /^(?:https?|mailto):/i;

const FENCE = /^( {0,3})(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]+)(.*))?$/;
const QUOTE = /^ {0,3}>[ \t]?(.*)$/;
const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** The elements of `text`. */
export function renderMarkdown(text) {
  return renderBlocks(text.split('\n'), 0);
}

/**
 * Where the last block begins that more text may still change: an offset into `text`, 0 if that is all of it. What stands before it
 * stays as it is.
 */
export function settledLength(text) {
  let fence;
  let settled = 0;
  let offset = 0;
  let isAfterBlank = false;
  for (const line of text.split('\n')) {
    const isLast = offset + line.length === text.length;
    const [, , mark] = FENCE.exec(line) ?? [];
    if (fence !== undefined) {
      if (mark !== undefined && closes(line, fence)) fence = undefined;
    } else {
      // What is indented, or a further item, may go on with a list.
      const isItem = ITEM.test(line) || (isLast && /^\d{1,9}$/.test(line));
      if (isAfterBlank && /^\S/.test(line) && !isItem) settled = offset;
      if (mark !== undefined) fence = mark;
    }
    isAfterBlank = fence === undefined && line.trim() === '';
    offset += line.length + 1;
  }
  return settled;
}

function closes(line, fence) {
  const [, marks] = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line) ?? [];
  return marks !== undefined && marks[0] === fence[0] && marks.length >= fence.length;
}

function renderBlocks(lines, depth, isTight = false) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (line.trim() === '') {
      at++;
      continue;
    }
    const take = depth < MAX_DEPTH ? takeBlock : takeFlat;
    const [made, next] = take(lines, at, depth) ?? takeParagraph(lines, at, isTight);
    blocks.push(...made);
    at = next;
  }
  return blocks;
}

/** The block that begins here, and the line after it; undefined for a paragraph. */
function takeBlock(lines, at, depth) {
  const line = lines[at];
  return (
    takeFlat(lines, at) ??
    (QUOTE.test(line) ? takeQuote(lines, at, depth) : undefined) ??
    (ITEM.test(line) ? takeList(lines, at, depth) : undefined) ??
    takeTable(lines, at)
  );
}

/** A block in which there are no others. */
function takeFlat(lines, at) {
  const line = lines[at];
  if (FENCE.test(line)) return takeCode(lines, at);
  if (/^ {4}/.test(line)) return takeIndented(lines, at);
  const [, marks, title = ''] = HEADING.exec(line) ?? [];
  if (marks !== undefined) return [[toHeading(marks.length, title)], at + 1];
  if (RULE.test(line)) return [[element('hr')], at + 1];
  return undefined;
}

/** They come below the page's own, all at one level: models begin at any, and leave some out. */
function toHeading(level, title) {
  const attributes = { role: 'heading', 'aria-level': '3', class: `h${level}` };
  return element('div', renderInline(title), attributes);
}

function takeCode(lines, at) {
  const [, indent, fence, info] = FENCE.exec(lines[at]);
  const code = [];
  let next = at + 1;
  while (next < lines.length && !closes(lines[next], fence)) {
    code.push(lines[next].replace(new RegExp(`^ {0,${indent.length}}`), ''));
    next++;
  }
  return [[toCode(code.join('\n'), info.trim().split(/\s/)[0])], next + 1];
}

function takeIndented(lines, at) {
  const code = [];
  let next = at;
  while (next < lines.length && (/^ {4}/.test(lines[next]) || lines[next].trim() === '')) {
    code.push(lines[next].slice(4));
    next++;
  }
  return [[toCode(code.join('\n').trimEnd(), '')], next];
}

function toCode(text, language) {
  const name = element('span', [language || 'code']);
  const head = element('div', [name, copyButton('Copy the code', () => text)], { class: 'head' });
  const label = { tabindex: '0', role: 'region', 'aria-label': language ? `Code in ${language}` : 'Code' };
  return element('div', [head, element('pre', [element('code', [text])], label)], { class: 'code' });
}

function takeQuote(lines, at, depth) {
  const inner = [];
  let next = at;
  while (next < lines.length && lines[next].trim() !== '') {
    const [, quoted] = QUOTE.exec(lines[next]) ?? [];
    // A line without the mark goes on with the paragraph.
    if (quoted === undefined && isBlockStart(lines[next])) break;
    inner.push(quoted ?? lines[next]);
    next++;
  }
  return [[element('blockquote', renderBlocks(inner, depth + 1))], next];
}

function takeList(lines, at, depth) {
  const [, , firstMark] = ITEM.exec(lines[at]);
  const isOrdered = /\d/.test(firstMark);
  const items = [];
  let isLoose = false;
  let next = at;
  while (next < lines.length) {
    const [, indent, mark, space = ' ', rest = ''] = ITEM.exec(lines[next]) ?? [];
    if (mark === undefined || mark.at(-1) !== firstMark.at(-1) || RULE.test(lines[next])) break;
    const width = indent.length + mark.length + (space.length > 4 ? 1 : space.length);
    const inner = [space.length > 4 ? `${space.slice(1)}${rest}` : rest];
    next++;
    let blanks = 0;
    while (next < lines.length) {
      const line = lines[next];
      if (line.trim() === '') blanks++;
      else if (
        indentOf(line) >= Math.min(width, indent.length + 2) ||
        (blanks === 0 && !isBlockStart(line) && !ITEM.test(line))
      ) {
        if (blanks > 0) isLoose = true;
        for (; blanks > 0; blanks--) inner.push('');
        inner.push(outdent(line, width));
      } else break;
      next++;
    }
    if (blanks > 0 && next < lines.length && ITEM.test(lines[next])) isLoose = true;
    items.push(inner);
  }
  const made = items.map((inner) => toItem(inner, depth, !isLoose));
  const start =
    isOrdered && Number.parseInt(firstMark, 10) !== 1
      ? { start: String(Number.parseInt(firstMark, 10)) }
      : {};
  return [[element(isOrdered ? 'ol' : 'ul', made, start)], next];
}

function toItem([first, ...others], depth, isTight) {
  const [, box, rest] = /^\[([ xX])\][ \t]+(.*)$/.exec(first) ?? [];
  const content = renderBlocks([rest ?? first, ...others], depth + 1, isTight);
  if (box === undefined) return element('li', content);
  const isDone = box !== ' ';
  return element('li', [isDone ? '☑ ' : '☐ ', ...content], { class: 'task' });
}

function takeTable(lines, at) {
  const rule = lines[at + 1];
  if (!lines[at].includes('|') || rule === undefined || !TABLE_RULE.test(rule)) return undefined;
  const titles = toCells(lines[at]);
  const sides = toCells(rule).map((cell) =>
    /^:.*:$/.test(cell) ? 'center' : cell.endsWith(':') ? 'right' : '',
  );
  if (titles.length !== sides.length) return undefined;
  const toRow = (cells, tag) =>
    element(
      'tr',
      titles.map((_, index) => {
        const made = element(tag, renderInline(cells[index] ?? ''), tag === 'th' ? { scope: 'col' } : {});
        if (sides[index]) made.style.textAlign = sides[index];
        return made;
      }),
    );
  const rows = [];
  let next = at + 2;
  while (next < lines.length && lines[next].includes('|')) rows.push(toRow(toCells(lines[next++]), 'td'));
  const label = { tabindex: '0', 'aria-label': 'Table' };
  return [[element('table', [element('thead', [toRow(titles, 'th')]), element('tbody', rows)], label)], next];
}

function toCells(line) {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function takeParagraph(lines, at, isTight) {
  const text = [lines[at]];
  let next = at + 1;
  while (
    next < lines.length &&
    lines[next].trim() !== '' &&
    !isBlockStart(lines[next]) &&
    !beginsTable(lines, next)
  )
    text.push(lines[next++]);
  const content = renderInline(text.join('\n'));
  return [isTight ? content : [element('p', content)], next];
}

function beginsTable(lines, at) {
  return lines[at].includes('|') && TABLE_RULE.test(lines[at + 1] ?? '') && lines[at + 1].includes('-');
}

/** True for a line that ends a paragraph. An ordered list does so only from 1 on. */
function isBlockStart(line) {
  const [, , mark, , rest] = ITEM.exec(line) ?? [];
  const isItem = mark !== undefined && rest !== undefined && (!/\d/.test(mark) || /^1[.)]/.test(mark));
  return isItem || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line);
}

function indentOf(line) {
  return line.length - line.trimStart().length;
}

function outdent(line, width) {
  return line.slice(Math.min(width, indentOf(line)));
}

/** What stands between the brackets of a link. */
const TARGET = String.raw`\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)`;

/** Each with what it makes of its match; whatever comes first in the text is taken. */
const INLINE = [
  [String.raw`\\([!-/:-@[-\x60{-~])`, ([, character]) => character],
  ['(?<!`)(`+)(?!`)([\\s\\S]*?[^`])\\1(?!`)', ([, , code]) => element('code', [toInlineCode(code)])],
  [String.raw`!\[([^\]]*)\]${TARGET}`, ([, name, to]) => toLink(to, [`Image: ${name || to}`])],
  [
    String.raw`\[((?:[^[\]\\]|\\.|\[[^[\]]*\])*)\]${TARGET}`,
    ([, name, to], depth) => toLink(to, inline(name, depth)),
  ],
  [String.raw`<((?:https?|mailto):[^\s<>]*)>`, ([, to]) => toLink(to, [to])],
  [
    String.raw`\bhttps?:[/]{2}[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*[^\s<>()?!.,:;*_~'"\x60\]]`,
    ([to]) => toLink(to, [to]),
  ],
  [
    String.raw`\*\*\*(?=\S)([\s\S]*?\S)\*\*\*`,
    ([, text], depth) => element('strong', [element('em', inline(text, depth))]),
  ],
  [String.raw`\*\*(?=\S)([\s\S]*?\S\*?)\*\*`, ([, text], depth) => element('strong', inline(text, depth))],
  [
    String.raw`(?<![\p{L}\p{N}_])__(?=\S)([\s\S]*?\S)__(?![\p{L}\p{N}_])`,
    ([, text], depth) => element('strong', inline(text, depth)),
  ],
  [String.raw`\*(?=[^\s*])([^*]*?[^\s*])\*(?!\*)`, ([, text], depth) => element('em', inline(text, depth))],
  [
    String.raw`(?<![\p{L}\p{N}_])_(?=[^\s_])([^_]*?[^\s_])_(?![\p{L}\p{N}_])`,
    ([, text], depth) => element('em', inline(text, depth)),
  ],
  [String.raw`~~(?=\S)([\s\S]*?\S)~~`, ([, text], depth) => element('s', inline(text, depth))],
  [String.raw`(?: {2,}|\\)\n`, () => element('br')],
].map(([source, toPart]) => ({ pattern: new RegExp(source, 'giu'), toPart }));

/** A longer paragraph is text: each mark looks for its end, which takes the square of the length at worst. */
const MAX_INLINE = 10_000;

function renderInline(text) {
  return text.length > MAX_INLINE ? [text] : inline(text, 0);
}

function inline(text, depth) {
  if (depth >= MAX_DEPTH) return [text];
  const parts = [];
  let at = 0;
  const find = ({ pattern }) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  /** The next match of each, which is looked for anew only where what was taken reaches into it. */
  const matches = INLINE.map(find);
  for (;;) {
    let first;
    for (const [index, kind] of INLINE.entries()) {
      if (matches[index] !== null && matches[index].index < at) matches[index] = find(kind);
      const match = matches[index];
      if (match !== null && (first === undefined || match.index < first.match.index)) first = { match, kind };
    }
    if (first === undefined) break;
    const { match, kind } = first;
    if (match.index > at) parts.push(text.slice(at, match.index));
    parts.push(kind.toPart(match, depth + 1));
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** One space at each end is for code that begins or ends with a backtick. */
function toInlineCode(code) {
  const text = code.replaceAll('\n', ' ');
  return /^ .*\S.* $/.test(text) ? text.slice(1, -1) : text;
}

function toLink(to, content) {
  if (!SAFE_LINK.test(to)) return element('span', [...content, ` (${to})`]);
  return element('a', content, { href: to, rel: 'noopener noreferrer nofollow', target: '_blank' });
}
