/** Reads `keep_alive`: how long a model is to stay loaded after a request (src/http/ollama/README.md, "keep_alive"). */
import { Fault } from '../../core/fault.js';

/** Go's longest duration, 292 years, which is what a negative `keep_alive` means. */
export const FOREVER_MS = 2 ** 63 / 1_000_000;

/** No client writes a longer one, but Go would read it. */
const MAX_DURATION_CHARACTERS = 256;

/** One number of a Go duration with all that stands before the next number. */
const SEGMENT = /(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/y;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/**
 * In ms, at most `FOREVER_MS`; 0 asks to unload, undefined leaves it to the server. A number counts seconds, a string is a
 * Go duration. Throws `bad-request` with Go's text for what is neither.
 */
export function toKeepAliveMs(keepAlive: unknown): number | undefined {
  if (keepAlive == null) return undefined;
  if (typeof keepAlive === 'number')
    return keepAlive < 0 ? FOREVER_MS : Math.min(keepAlive * 1_000, FOREVER_MS);
  if (typeof keepAlive !== 'string') {
    throw new Fault('bad-request', `Unsupported type: '${goTypeOf(keepAlive)}'`);
  }
  const ms = durationMs(keepAlive);
  return keepAlive.startsWith('-') && ms > 0 ? FOREVER_MS : ms;
}

/** What a configuration says: whole seconds, or a Go duration. */
export function toDefaultKeepAliveMs(text: string): number {
  return toKeepAliveMs(/^[-+]?\d+$/.test(text) ? Number(text) : text) ?? 0;
}

function goTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** As Go's `ParseDuration`, without the sign. */
function durationMs(text: string): number {
  const shown = JSON.stringify(text.slice(0, MAX_DURATION_CHARACTERS).toWellFormed());
  const refuse = (flaw: string) => new Fault('bad-request', `time: ${flaw} ${shown}`);
  if (text.length > MAX_DURATION_CHARACTERS) throw refuse('invalid duration');
  const duration = text.replace(/^[-+]/, '');
  if (duration === '0') return 0;
  if (duration === '') throw refuse('invalid duration');
  let ms = 0;
  for (let at = 0; at < duration.length; at = SEGMENT.lastIndex) {
    SEGMENT.lastIndex = at;
    const [, number, unit] = SEGMENT.exec(duration) ?? [];
    if (unit === undefined) throw refuse('invalid duration');
    if (unit === '') throw refuse('missing unit in duration');
    const unitMs = UNITS_MS.get(unit);
    if (unitMs === undefined) throw refuse(`unknown unit ${JSON.stringify(unit)} in duration`);
    ms += Number(number) * unitMs;
  }
  if (ms > FOREVER_MS) throw refuse('invalid duration');
  return ms;
}
