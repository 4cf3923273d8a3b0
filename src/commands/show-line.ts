/** A line of coloured pieces, cut where the terminal ends. */
import type { WriteStream } from 'node:tty';
import type { Colour, Paint } from './colours.js';

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
