/** What a command has of the process that it runs in; only the program's `main` touches the process itself. */
import type { ReadStream, WriteStream } from 'node:tty';

export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The bridge's own version. */
  readonly version: string;
  /** `isTTY` tells whether it is a terminal. */
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  /**
   * Calls `listener` at each SIGINT, SIGTERM and SIGHUP, and when standard output is closed, all of which end the
   * process otherwise; returns the way to stop that.
   */
  onInterrupt(listener: () => void): () => void;
}
