/** The lines of the user who chats, one at a time: from a terminal with an editor, or from a pipe. */
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { completeLine } from './input.js';
import type { LineHistory } from './line-history.js';

export type Line =
  | { readonly type: 'line'; readonly text: string }
  /** Ctrl-C where nothing was typed. */
  | { readonly type: 'interrupt' }
  /** Ctrl-D, or the pipe's end. */
  | { readonly type: 'end' };

export interface LineInputOptions {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly history: LineHistory;
  /** For Tab. */
  models(): readonly string[];
  /** Ctrl-C while no line is waited for. */
  onInterrupt(): void;
}

/** When as many wait, no further ones are read before these are answered. */
const MAX_WAITING_LINES = 1_000;
const TO_END_OF_LINE = { ctrl: true, name: 'e' };
const CLEAR_LINE = { ctrl: true, name: 'u' };

/** While no line is waited for, what is typed does not show; it is there when the next one is. */
export class LineInput {
  /** Both sides are terminals. */
  readonly isTerminal: boolean;
  readonly #options: LineInputOptions;
  readonly #reader: Interface;
  readonly #output: PromptOutput | undefined;
  readonly #lines: string[] = [];
  #resolve: ((line: Line) => void) | undefined;
  #isClosed = false;

  constructor(options: LineInputOptions) {
    this.#options = options;
    const { stdin, stdout, history, models } = options;
    this.isTerminal = stdin.isTTY === true && stdout.isTTY === true;
    if (this.isTerminal) {
      this.#output = new PromptOutput(stdout);
      this.#output.isMuted = true;
      this.#reader = createInterface({
        input: stdin,
        output: this.#output,
        terminal: true,
        history: history.load(),
        removeHistoryDuplicates: true,
        completer: (line: string) => completeLine(line, models()),
      });
    } else {
      this.#reader = createInterface({ input: stdin, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
    }
    this.#reader.on('line', (text) => this.#take(text));
    this.#reader.on('SIGINT', () => this.#interrupt());
    this.#reader.on('close', () => this.#finish());
    // The terminal was closed: not even the reader's own `close` works without an error then.
    this.#reader.on('error', () => this.#finish());
  }

  /** The next line; one that came early shows behind `prompt` now. */
  next(prompt: string): Promise<Line> {
    const text = this.#lines.shift();
    if (text !== undefined) {
      if (this.isTerminal) this.#options.stdout.write(`${prompt}${text}\n`);
      return Promise.resolve({ type: 'line', text });
    }
    if (this.#isClosed) return Promise.resolve({ type: 'end' });
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#output === undefined) {
        this.#reader.resume();
        return;
      }
      this.#output.isMuted = false;
      this.#reader.setPrompt(prompt);
      this.#reader.prompt(true);
    });
  }

  /** Gives the terminal back. May be called twice. */
  close(): void {
    this.#reader.close();
    this.#output?.destroy();
  }

  #take(text: string): void {
    if (this.isTerminal) this.#options.history.add(text);
    if (this.#resolve === undefined) {
      this.#lines.push(text);
      if (this.#lines.length === MAX_WAITING_LINES) this.#reader.pause();
      return;
    }
    this.#settle({ type: 'line', text });
  }

  #interrupt(): void {
    if (this.#resolve === undefined) {
      // What was typed ahead was for an answer that does not come.
      this.#lines.length = 0;
      this.#clearLine();
      this.#options.onInterrupt();
    } else if (this.#reader.line !== '') {
      this.#clearLine();
    } else {
      this.#options.stdout.write('\n');
      this.#settle({ type: 'interrupt' });
    }
  }

  #clearLine(): void {
    this.#reader.write(null, TO_END_OF_LINE);
    this.#reader.write(null, CLEAR_LINE);
  }

  #finish(): void {
    this.#isClosed = true;
    this.#settle({ type: 'end' });
  }

  #settle(line: Line): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (this.#output !== undefined) this.#output.isMuted = true;
    resolve?.(line);
  }
}

class PromptOutput extends Writable {
  /** True: what the editor writes does not show. */
  isMuted = false;
  readonly #terminal: WriteStream;
  readonly #onResize = () => this.emit('resize');

  constructor(terminal: WriteStream) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
    terminal.on('resize', this.#onResize);
  }

  /** The editor wraps by it. */
  get columns(): number {
    return this.#terminal.columns;
  }

  override _write(chunk: string | Uint8Array, _: BufferEncoding, done: () => void): void {
    if (!this.isMuted) this.#terminal.write(chunk);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#terminal.off('resize', this.#onResize);
    done(error);
  }
}
