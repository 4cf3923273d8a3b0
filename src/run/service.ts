/** What the program starts, reloads and ends, whether it is one process or several. */
import type { Logger } from 'pino';
import type { ServeInvocation } from './command-line/invocation.js';

export interface ServeOptions {
  readonly invocation: ServeInvocation;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Logger;
  /** Prints a line for the user. */
  print(line: string): void;
}

export interface Service {
  /** Reads the configuration again and goes by it, without interrupting anything. What is wrong with it is only logged. */
  reload(): void;
  /** Drains and ends everything. May be called twice. */
  close(): Promise<void>;
  /** Ends at once what would outlive this process; absent where there is nothing. */
  kill?(): void;
}
