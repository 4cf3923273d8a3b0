/** Where the line editor of a chat writes: the terminal, unless somebody else writes there. */
import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';

export class PromptOutput extends Writable {
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
