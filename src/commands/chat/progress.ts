/** Says in a terminal, in a line that goes away again, what is awaited and since when. */
import type { WriteStream } from 'node:tty';
import type { Environment } from '../../hive/paths.js';
import { createPaint, hasColours } from '../terminal-text.js';

/** What comes sooner needs no words. */
const FIRST_MS = 1_000;
const TO_LINE_START = '\r';
const CLEAR_TO_END = '\u001b[K';

export class Progress {
  readonly #stream: WriteStream;
  readonly #env: Environment;
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(stream: WriteStream, env: Environment) {
    this.#stream = stream;
    this.#env = env;
  }

  /** The cursor has to be at the beginning of a line. @param what printable, one line */
  start(what: string): void {
    if (!hasColours(this.#stream, this.#env)) return;
    const startedAt = performance.now();
    const paint = createPaint(this.#stream, this.#env);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      this.#isShown = true;
      this.#stream.write(`${TO_LINE_START}${paint('dim', `${what} ${seconds} s`)}${CLEAR_TO_END}`);
    }, FIRST_MS);
  }

  /** May be called at any time. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#isShown) this.#stream.write(TO_LINE_START + CLEAR_TO_END);
    this.#isShown = false;
  }
}
