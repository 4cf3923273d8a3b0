/** Text for a terminal: colours where it has them, lines that are cut where it ends, and tables of such lines. */
import type { WriteStream } from 'node:tty';

export type Colour = 'red' | 'green' | 'yellow' | 'dim';
/** How a piece of text may look besides. */
export type Style = 'bold' | 'italic' | 'underline' | 'strike' | 'cyan';

/** SGR parameters: on and off. */
const CODES: Readonly<Record<Colour | Style, readonly [on: number, off: number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
  italic: [3, 23],
  underline: [4, 24],
  strike: [9, 29],
  cyan: [36, 39],
};

export type Paint = (colour: Colour | Style, text: string) => string;

/** `NO_COLOR` is respected, as is a terminal that says of itself that it has no colours. */
export function hasColours(stream: WriteStream, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY && stream.hasColors({ ...env });
}

/** As `hasColours` says. */
export function createPaint(stream: WriteStream, env: Readonly<Record<string, string | undefined>>): Paint {
  if (!hasColours(stream, env)) return (_, text) => text;
  return (colour, text) => {
    const [on, off] = CODES[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

export interface Piece {
  /** Without control characters; the whole of it counts as shown. */
  readonly text: string;
  readonly colour?: Colour;
}

const ELLIPSIS = '…';

/** @param columns how wide the terminal is; undefined for no limit */
export function showLine(pieces: readonly Piece[], columns: number | undefined, paint: Paint): string {
  const length = pieces.reduce((sum, { text }) => sum + [...text].length, 0);
  if (columns === undefined || length <= columns)
    return pieces.map(({ text, colour }) => (colour ? paint(colour, text) : text)).join('');
  let room = columns - ELLIPSIS.length;
  const shown: string[] = [];
  for (const { text, colour } of pieces) {
    if (room <= 0) break;
    const kept = [...text].slice(0, room);
    room -= kept.length;
    shown.push(colour ? paint(colour, kept.join('')) : kept.join(''));
  }
  return shown.join('') + ELLIPSIS;
}

/** Undefined for a pipe, and for a terminal that does not say it. */
export function columnsOf(stream: WriteStream): number | undefined {
  return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
}

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
