/**
 * The log goes to standard error: JSON lines, or lines for people where that is a terminal. Standard output is for the start
 * line. No prompt text ever goes in.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { toLoggedError } from './logged-error.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How the lines look. */
export interface LogStyle {
  /** Standard error is a terminal. */
  readonly isTerminal: boolean;
  /** It shows colours, and nobody has asked for none. */
  readonly hasColors: boolean;
}

const STANDARD_ERROR = 2;

export async function createLog(level: LogLevel, style: LogStyle): Promise<Logger> {
  const output = destination({ dest: STANDARD_ERROR, sync: true });
  return pino(
    { name: 'thrum-bridge', level, serializers: { err: (error: unknown) => toLoggedError(error) } },
    style.isTerminal ? await prettyOutput(style.hasColors, output) : output,
  );
}

/** Loads what makes lines pretty only where somebody looks. Each line is out before the program goes on. */
async function prettyOutput(colorize: boolean, output: DestinationStream): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const toText = prettyFactory({
    colorize,
    ignore: 'pid,hostname,name',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return { write: (line) => output.write(toText(line)) };
}
