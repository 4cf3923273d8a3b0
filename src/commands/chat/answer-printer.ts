/** Shows an answer as it comes: markdown rendered where there are colours, else the text as it is; reasoning dimmed. */
import type { WriteStream } from 'node:tty';
import type { Event } from '../../core/event.js';
import type { Environment } from '../../hive/paths.js';
import { createPaint, hasColours, type Paint } from '../terminal-text.js';
import { toPrintable } from '../../core/printable.js';
import { TerminalMarkdown } from './markdown.js';
import type { Progress } from './progress.js';

export interface AnswerStreams {
  /** Where the answer goes. To a terminal it goes without what would steer it, to anything else as it came. */
  readonly text: WriteStream;
  readonly reasoning: WriteStream;
}

type Kind = keyof AnswerStreams;

export class AnswerPrinter {
  readonly #streams: AnswerStreams;
  readonly #paint: Paint;
  /** Undefined where the text goes out as it is. */
  readonly #markdown: TerminalMarkdown | undefined;
  readonly #progress: Progress | undefined;
  /** What was shown last, and whether its line is at an end. */
  #last: { readonly kind: Kind; readonly isLineEnd: boolean } | undefined;

  /** @param progress shows until something of the answer does */
  constructor(streams: AnswerStreams, env: Environment, progress?: Progress) {
    this.#streams = streams;
    this.#paint = createPaint(streams.reasoning, env);
    const { text } = streams;
    this.#markdown = hasColours(text, env) ? new TerminalMarkdown(createPaint(text, env)) : undefined;
    this.#progress = progress;
  }

  /** A message goes out to `model`. */
  begin(model: string): void {
    this.#progress?.start(`${toPrintable(model)} …`);
  }

  show(batch: readonly Event[]): void {
    for (const event of batch) {
      if (event.type === 'text-delta') this.#write('text', event.text);
      else if (event.type === 'reasoning-delta') this.#write('reasoning', event.text);
    }
  }

  /** Ends the line that was begun. */
  end(): void {
    this.#progress?.stop();
    if (this.#last === undefined) return;
    this.#flush();
    if (!this.#last.isLineEnd) this.#streams[this.#last.kind].write('\n');
    this.#last = undefined;
  }

  /** Shows what was held back of the text. */
  #flush(): void {
    if (this.#last?.kind !== 'text') return;
    const rest = this.#markdown?.end() ?? '';
    if (rest !== '') this.#streams.text.write(rest);
    if (rest !== '') this.#last = { kind: 'text', isLineEnd: false };
  }

  #write(kind: Kind, text: string): void {
    this.#progress?.stop();
    const stream = this.#streams[kind];
    const shown = stream.isTTY ? toPrintable(text) : text;
    if (shown === '') return;
    if (this.#last !== undefined && this.#last.kind !== kind) {
      this.end();
      if (this.#streams.text === this.#streams.reasoning) stream.write('\n');
    }
    if (kind === 'reasoning') stream.write(this.#paint('dim', shown));
    else stream.write(this.#markdown?.write(shown) ?? shown);
    this.#last = { kind, isLineEnd: shown.endsWith('\n') };
  }
}
