/** A page of a terminal that is drawn over and over, and leaves the terminal as it was. */
import type { WriteStream } from 'node:tty';

/** The terminal's second page, and no cursor. */
const OPEN = '\u001b[?1049h\u001b[?25l';
const CLOSE = '\u001b[?25h\u001b[?1049l';
const TO_TOP = '\u001b[H';
const CLEAR_REST_OF_LINE = '\u001b[K';
const CLEAR_REST = '\u001b[J';

export class Screen {
  readonly #terminal: WriteStream;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
    terminal.write(OPEN);
  }

  /** Lines that do not fit below are left out; each must fit in the width. */
  draw(lines: readonly string[]): void {
    const { rows } = this.#terminal;
    const shown = rows > 0 ? lines.slice(0, rows - 1) : lines;
    const page = shown.map((line) => `${line}${CLEAR_REST_OF_LINE}\n`).join('');
    this.#terminal.write(TO_TOP + page + CLEAR_REST);
  }

  close(): void {
    this.#terminal.write(CLOSE);
  }
}
