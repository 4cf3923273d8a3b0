/** Rows whose columns stand below each other. */
import type { Piece } from './show-line.js';

const GAP = '  ';

/** Each row as the pieces of its line, without white space at its end. */
export function toTable(rows: readonly (readonly Piece[])[]): readonly (readonly Piece[])[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, { text }] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, [...text].length);
  return rows.map((row) => {
    const last = row.findLastIndex(({ text }) => text !== '');
    return row.slice(0, last + 1).flatMap((piece, column) => {
      if (column === last) return [piece];
      const padding = ' '.repeat((widths[column] ?? 0) - [...piece.text].length);
      return [piece, { text: padding + GAP }];
    });
  });
}
