/** Logs are JSON lines on standard error; standard output is for the start line. No prompt text ever goes in. */
import { destination, type Logger, pino } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STANDARD_ERROR = 2;

export function createLog(level: LogLevel): Logger {
  return pino({ name: 'thrum-bridge', level }, destination({ dest: STANDARD_ERROR, sync: true }));
}
