/** Shows an answer as it comes: the text as it is, reasoning dimmed. */
import type { WriteStream } from 'node:tty';
import type { Event } from '../../core/event.js';
import type { Environment } from '../../hive/paths.js';
import { createPaint, type Paint } from '../colours.js';
import { toPrintable } from '../../core/printable.js';

export interface AnswerStreams {
  /** Where the answer goes. To a terminal it goes without what would steer it, to anything else as it came. */
  readonly text: WriteStream;
  readonly reasoning: WriteStream;
}

type Kind = keyof AnswerStreams;

export class AnswerPrinter {
  readonly #streams: AnswerStreams;
  readonly #paint: Paint;
  /** What was shown last, and whether its line is at an end. */
  #last: { readonly kind: Kind; readonly isLineEnd: boolean } | undefined;

  constructor(streams: AnswerStreams, env: Environment) {
    this.#streams = streams;
    this.#paint = createPaint(streams.reasoning, env);
  }

  show(batch: readonly Event[]): void {
    for (const event of batch) {
      if (event.type === 'text-delta') this.#write('text', event.text);
      else if (event.type === 'reasoning-delta') this.#write('reasoning', event.text);
    }
  }

  /** Ends the line that was begun. */
  end(): void {
    if (this.#last === undefined) return;
    if (!this.#last.isLineEnd) this.#streams[this.#last.kind].write('\n');
    this.#last = undefined;
  }

  #write(kind: Kind, text: string): void {
    const stream = this.#streams[kind];
    const shown = stream.isTTY ? toPrintable(text) : text;
    if (shown === '') return;
    if (this.#last !== undefined && this.#last.kind !== kind) {
      this.end();
      if (this.#streams.text === this.#streams.reasoning) stream.write('\n');
    }
    stream.write(kind === 'reasoning' ? this.#paint('dim', shown) : shown);
    this.#last = { kind, isLineEnd: shown.endsWith('\n') };
  }
}
