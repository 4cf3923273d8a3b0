/**
 * Markdown as it streams, for a terminal with colours: emphasis, headings, lists, quotes, code and tables. A word goes out as soon as it is
 * known not to be a mark; a mark waits for its end, or for the end of the line, and stands as it is where it has none.
 */
import type { Paint, Style } from '../terminal-text.js';

/** A mark that has no end after so many characters is text. */
const MAX_WAITING = 500;
/** What may still become the mark of a block: all of the line so far. */
const BEGINS_BLOCK = /^ *(?:#{1,6}|[-*+]|\d{1,3}[.)]?|>|`+|~+|[-*_][-*_ ]*)? *$/;
const HEADING = /^ {0,3}(#{1,6}) +/;
const ITEM = /^( *)[-*+] +(?:\[([ xX])\] +)?/;
const MAYBE_TASK = /^ *[-*+] +(?:\[[ xX]?\]? *)?$/;
const QUOTE = /^ {0,3}> ?/;
const RULE = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const TABLE_RULE = /^ *\|?(?: *:?-+:? *\|)* *:?-+:? *\|? *$/;
const RULE_COLUMNS = 40;

export class TerminalMarkdown {
  readonly #paint: Paint;
  /** What has come of the line and is not shown yet. */
  #rest = '';
  /** The end of what was shown of it; '' at its beginning. */
  #before = '';
  /** True once it is known what kind of line this is. */
  #hasBegun = false;
  #style: Style | undefined;
  /** The marks that a block of code began with. */
  #fence: string | undefined;
  #table: string[] = [];

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** @param text printable @returns what can be shown of it now */
  write(text: string): string {
    let shown = '';
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) {
      this.#rest += line;
      shown += index < lines.length - 1 ? this.#endLine() : this.#show(false);
    }
    return shown;
  }

  /** What was held back; the next answer begins afresh. */
  end(): string {
    let shown = this.#rest === '' ? '' : this.#takeLine();
    shown += this.#flushTable();
    this.#begin();
    this.#fence = undefined;
    // The line's end is the caller's.
    return shown.endsWith('\n') ? shown.slice(0, -1) : shown;
  }

  #begin(): void {
    this.#rest = '';
    this.#before = '';
    this.#hasBegun = false;
    this.#style = undefined;
  }

  #endLine(): string {
    const isTableLine = this.#isTableLine();
    const shown = this.#takeLine();
    this.#begin();
    return isTableLine ? shown : `${shown}\n`;
  }

  /** The whole of the line that is left. */
  #takeLine(): string {
    const line = this.#rest;
    if (this.#isTableLine()) {
      this.#table.push(line);
      return '';
    }
    const table = this.#hasBegun ? '' : this.#flushTable();
    if (this.#fence !== undefined) {
      const [, marks = ''] = FENCE.exec(line) ?? [];
      const isEnd = marks.startsWith(this.#fence) && line.trim() === marks;
      if (isEnd) this.#fence = undefined;
      return this.#paint(isEnd ? 'dim' : 'cyan', line);
    }
    if (!this.#hasBegun) {
      const [, marks] = FENCE.exec(line) ?? [];
      if (marks !== undefined) {
        this.#fence = marks;
        return table + this.#paint('dim', line);
      }
      if (RULE.test(line)) return table + this.#paint('dim', '─'.repeat(RULE_COLUMNS));
    }
    return table + this.#show(true);
  }

  #isTableLine(): boolean {
    return this.#fence === undefined && !this.#hasBegun && this.#rest.trimStart().startsWith('|');
  }

  /** As much of the line as is known. */
  #show(isWhole: boolean): string {
    if (!isWhole && this.#fence !== undefined) return '';
    let shown = '';
    if (!this.#hasBegun) {
      if (this.#rest === '' || (!isWhole && this.#isTableLine())) return '';
      if (
        !isWhole &&
        (BEGINS_BLOCK.test(this.#rest) || FENCE.test(this.#rest) || MAYBE_TASK.test(this.#rest))
      )
        return '';
      shown = this.#flushTable() + this.#takeMark();
      this.#hasBegun = true;
    }
    return shown + this.#showInline(isWhole);
  }

  /** What the mark at the beginning of the line stands for. */
  #takeMark(): string {
    const line = this.#rest;
    const [heading, marks] = HEADING.exec(line) ?? [];
    if (heading !== undefined) {
      this.#rest = line.slice(heading.length);
      this.#style = marks === '#' ? 'underline' : 'bold';
      return '';
    }
    const [item, indent = '', box] = ITEM.exec(line) ?? [];
    if (item !== undefined) {
      this.#rest = line.slice(item.length);
      return `${indent}${box === undefined ? '•' : box === ' ' ? '☐' : '☑'} `;
    }
    const [quote] = QUOTE.exec(line) ?? [];
    if (quote === undefined) return '';
    this.#rest = line.slice(quote.length);
    this.#style = 'italic';
    return this.#paint('dim', '│ ');
  }

  #showInline(isWhole: boolean): string {
    let shown = '';
    for (;;) {
      const at = this.#rest.search(/[\\`*_~[]/);
      const plain = at === -1 ? this.#rest : this.#rest.slice(0, at);
      shown += this.#plain(plain);
      this.#before = plain.slice(-1) || this.#before;
      this.#rest = this.#rest.slice(plain.length);
      if (this.#rest === '') return shown;
      const mark = readMark(this.#rest, this.#before, isWhole || this.#rest.length > MAX_WAITING);
      if (mark === undefined) return shown;
      const raw = this.#rest.slice(0, mark.length);
      shown += mark.style === undefined ? this.#plain(mark.text) : this.#styled(mark.style, mark.text);
      if (mark.address !== undefined) shown += this.#paint('dim', ` (${mark.address})`);
      this.#before = raw.slice(-1);
      this.#rest = this.#rest.slice(mark.length);
    }
  }

  #plain(text: string): string {
    return text === '' || this.#style === undefined ? text : this.#paint(this.#style, text);
  }

  /** In code there are no further marks. */
  #styled(style: Style, text: string): string {
    const inner = style === 'cyan' ? text : renderInline(text, this.#paint);
    return this.#plain(this.#paint(style, inner));
  }

  /** Its columns stand below each other; what is no table after all stands as it came. */
  #flushTable(): string {
    const lines = this.#table;
    this.#table = [];
    const [first = '', rule = '', ...others] = lines;
    if (lines.length < 2 || !TABLE_RULE.test(rule)) return lines.map((line) => `${line}\n`).join('');
    const rows = [first, ...others].map(toCells);
    const widths = (rows[0] ?? []).map((_, column) =>
      Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
    );
    const paint = this.#paint;
    const toLine = (row: readonly string[], isHead: boolean) =>
      widths
        .map((width, column) => {
          const cell = row[column] ?? '';
          const text = renderInline(cell, paint);
          return (isHead ? paint('bold', text) : text) + ' '.repeat(Math.max(0, width - widthOf(cell)));
        })
        .join(paint('dim', ' │ '))
        .trimEnd();
    const line = paint('dim', widths.map((width) => '─'.repeat(width)).join('─┼─'));
    const [head = [], ...body] = rows;
    return `${[toLine(head, true), line, ...body.map((row) => toLine(row, false))].join('\n')}\n`;
  }
}

interface Mark {
  /** Of what is taken. */
  readonly length: number;
  readonly text: string;
  /** Undefined for plain text. */
  readonly style?: Style;
  /** Of a link. */
  readonly address?: string;
}

const PAIRS: readonly (readonly [mark: string, style: Style])[] = [
  ['**', 'bold'],
  ['__', 'bold'],
  ['~~', 'strike'],
  ['*', 'italic'],
  ['_', 'italic'],
];

/**
 * What stands at the beginning of `rest`, which begins with a character that may be a mark. Undefined: that is not known yet.
 * @param before the character in front of it @param isWhole nothing more comes
 */
function readMark(rest: string, before: string, isWhole: boolean): Mark | undefined {
  const [first = ''] = rest;
  const asText: Mark = { length: 1, text: first };
  if (first === '\\') {
    const next = rest[1];
    if (next === undefined) return isWhole ? asText : undefined;
    return /[!-/:-@[-`{-~]/.test(next) ? { length: 2, text: next } : asText;
  }
  if (first === '`') {
    const [run = ''] = /^`+/.exec(rest) ?? [];
    const end = rest.slice(run.length).search(new RegExp(`(?<!\`)${run}(?!\`)`));
    const length = 2 * run.length + end;
    if (end > 0 && (isWhole || length < rest.length))
      return { length, text: rest.slice(run.length, run.length + end), style: 'cyan' };
    return isWhole ? { length: run.length, text: run } : undefined;
  }
  if (first === '[') {
    const [link, name = '', address = ''] = /^\[([^[\]]*)\]\(([^\s()]*)\)/.exec(rest) ?? [];
    if (link !== undefined) return { length: link.length, text: name, style: 'underline', address };
    const mayBecome = /^\[[^[\]]*(?:\](?:\([^\s()]*)?)?$/.test(rest);
    return mayBecome && !isWhole ? undefined : asText;
  }
  if (!isWhole && /^(?:\*{1,3}|_{1,3}|~{1,2})$/.test(rest)) return undefined;
  for (const [mark, style] of PAIRS) {
    if (!rest.startsWith(mark)) continue;
    const inner = rest.slice(mark.length);
    if (!/^\S/.test(inner) || (mark.startsWith('_') && /[\p{L}\p{N}]/u.test(before))) continue;
    const closing = new RegExp(`[^\\s${mark[0]}]${mark.replaceAll('*', '\\*')}(?!\\${mark[0]})`);
    const end = inner.search(closing);
    if (end >= 0) {
      const after = inner[end + 1 + mark.length];
      // A further mark would make another one of this.
      if (after === undefined && !isWhole) return undefined;
      if (mark.startsWith('_') && after !== undefined && /[\p{L}\p{N}]/u.test(after)) continue;
      return { length: 2 * mark.length + end + 1, text: inner.slice(0, end + 1), style };
    }
    return isWhole ? { length: mark.length, text: mark } : undefined;
  }
  return asText;
}

function renderInline(text: string, paint: Paint): string {
  let shown = '';
  let rest = text;
  let before = '';
  while (rest !== '') {
    const at = rest.search(/[\\`*_~[]/);
    const plain = at === -1 ? rest : rest.slice(0, at);
    shown += plain;
    before = plain.slice(-1) || before;
    rest = rest.slice(plain.length);
    if (rest === '') break;
    const mark = readMark(rest, before, true);
    if (mark === undefined) break;
    const inner =
      mark.style === undefined || mark.style === 'cyan' ? mark.text : renderInline(mark.text, paint);
    shown += mark.style === undefined ? inner : paint(mark.style, inner);
    if (mark.address !== undefined) shown += paint('dim', ` (${mark.address})`);
    before = rest.slice(mark.length - 1, mark.length);
    rest = rest.slice(mark.length);
  }
  return shown;
}

function toCells(line: string): readonly string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** How many columns a cell takes; letters of East Asia and pictures take two. */
function widthOf(cell: string): number {
  const plain = renderInline(cell, (_, text) => text);
  let width = 0;
  for (const character of plain) {
    if (/\p{M}|\u200d|\ufe0f/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
