/**
 * The log goes to standard error: JSON lines, or lines for people where that is a terminal. Standard output is for the start
 * line. No prompt text ever goes in.
 */
import { destination, type DestinationStream, type Logger, pino } from 'pino';
import { toPrintable, toPrintableJson } from '../core/printable.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How the lines look. */
export interface LogStyle {
  /** Standard error is a terminal. */
  readonly isTerminal: boolean;
  /** It can show colours, and neither `NO_COLOR` nor `TERM=dumb` is set. */
  readonly hasColors: boolean;
}

const STANDARD_ERROR = 2;

export async function createLog(level: LogLevel, style: LogStyle): Promise<Logger> {
  const output = destination({ dest: STANDARD_ERROR, sync: true });
  return pino(
    { name: 'thrum-bridge', level, serializers: { err: (error: unknown) => toLoggedError(error) } },
    style.isTerminal ? await prettyOutput(style.hasColors, output) : jsonOutput(output),
  );
}

/** What a line holds of others' text does not steer the terminal that it is read in. */
function jsonOutput(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(toPrintableJson(line)) };
}

/** pino-pretty is loaded only for a terminal. Each line is written before the program goes on. */
async function prettyOutput(colorize: boolean, output: DestinationStream): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const toText = prettyFactory({
    colorize,
    ignore: 'pid,hostname,name',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return { write: (line) => output.write(toText(JSON.parse(line, printableValue))) };
}

/** A reviver for `JSON.parse`. */
function printableValue(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? toPrintable(value) : value;
}

/** The longest chain of causes that is shown. */
const MAX_CAUSES = 3;

export interface LoggedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  /** Where it was thrown, without the message that a stack begins with. */
  readonly stack: readonly string[];
  readonly cause?: LoggedError;
}

/** Other fields of the error are left out, whatever they hold. */
export function toLoggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: '', stack: [] };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: quotesInput(error) ? '' : error.message,
    stack: (error.stack ?? '').split('\n').flatMap((line) => /^ {4}at (.*)$/.exec(line)?.[1] ?? []),
    ...(error.cause === undefined || depth >= MAX_CAUSES
      ? {}
      : { cause: toLoggedError(error.cause, depth + 1) }),
  };
}

/** Parsers and validators say in their messages what they were given: JSON.parse, `new URL`, zod. */
function quotesInput(error: Error): boolean {
  return error instanceof SyntaxError || error instanceof RangeError || 'input' in error || 'issues' in error;
}
