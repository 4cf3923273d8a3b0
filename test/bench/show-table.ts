/** The table on the terminal. */
import type { Figure } from './figure.js';
import type { Range, Row } from './summary.js';

const NOTHING = '–';
const HEADINGS = ['scenario', 'figure', 'on', 'median', 'min–max', 'target', 'met', 'direct', '×direct'];
const COMPARED_HEADINGS = ['compared', '×compared'];
/** The first columns are words, and stand to the left. */
const WORD_COLUMNS = 3;

export function showTable(rows: readonly Row[]): string {
  const hasCompared = rows.some(({ compared }) => compared !== undefined);
  const cells = rows.map((row) => [...toCells(row), ...(hasCompared ? toComparedCells(row) : [])]);
  const table = [[...HEADINGS, ...(hasCompared ? COMPARED_HEADINGS : [])], ...cells];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table.map((line) => showLine(line, widths)).join('\n');
}

function showLine(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < WORD_COLUMNS ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('  ')
    .trimEnd();
}

function toCells({ figure, subject, value, isMet, direct, toDirect }: Row): readonly string[] {
  const { scenario, title, unit, target, digits } = figure;
  const bound = target && `${target.kind === 'at-most' ? '≤' : '≥'} ${showNumber(target.value, digits)}`;
  return [
    scenario,
    unit === '' ? title : `${title}, ${unit}`,
    subject,
    showMedian(value, figure),
    value ? `${showNumber(value.least, digits)}–${showNumber(value.most, digits)}` : NOTHING,
    bound ?? '',
    isMet === undefined ? '' : isMet ? 'yes' : 'NO',
    direct ? showMedian(direct, figure) : '',
    showRatio(toDirect),
  ];
}

function toComparedCells({ figure, compared, toCompared }: Row): readonly string[] {
  return [compared ? showMedian(compared, figure) : '', showRatio(toCompared)];
}

function showMedian(range: Range | undefined, { digits }: Figure): string {
  return range ? showNumber(range.median, digits) : NOTHING;
}

function showRatio(ratio: number | undefined): string {
  return ratio === undefined ? '' : ratio.toFixed(2);
}

function showNumber(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
