/** Colours for a terminal that has them, and plain text for everything else. */
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
