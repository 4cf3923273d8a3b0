/** How a finding looks on a terminal, and in a pipe. */
import type { Colour, Paint } from '../colours.js';
import { type Finding, STATUSES, type Status } from './finding.js';

const COLOURS: Readonly<Record<Status, Colour>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
  skipped: 'dim',
};

const STATUS_WIDTH = Math.max(...STATUSES.map((status) => status.length));

/** One line, and a second one where something can be done about it; each with its newline. */
export function showFinding({ status, title, detail, remedy }: Finding, paint: Paint): string {
  const line = `${paint(COLOURS[status], status.padEnd(STATUS_WIDTH))} ${title}: ${detail}\n`;
  return remedy === undefined ? line : `${line}${' '.repeat(STATUS_WIDTH + 1)}-> ${remedy}\n`;
}
