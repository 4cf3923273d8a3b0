/** Colours for a terminal that has them, and plain text for everything else. */
import type { WriteStream } from 'node:tty';

export type Colour = 'red' | 'green' | 'yellow' | 'dim';

/** SGR parameters: on and off. */
const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
};

export type Paint = (colour: Colour, text: string) => string;

/** `NO_COLOR` is respected, as is a terminal that says of itself that it has no colours. */
export function createPaint(stream: WriteStream, env: Readonly<Record<string, string | undefined>>): Paint {
  if (!stream.isTTY || !stream.hasColors({ ...env })) return (_, text) => text;
  return (colour, text) => {
    const [on, off] = CODES[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
