/** A log that a test can read. */
import { type Logger, pino } from 'pino';

export interface LogLines {
  readonly log: Logger;
  /** Level and text of each line so far. */
  readonly lines: readonly { readonly level: number; readonly msg: string }[];
  /** The texts that hold `words`. */
  saying(words: string): readonly string[];
}

export function readableLog(level = 'info'): LogLines {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level }, { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines, saying: (words) => lines.map(({ msg }) => msg).filter((msg) => msg.includes(words)) };
}
