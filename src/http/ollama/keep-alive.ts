/** Reads `keep_alive`, of which one thing matters here: whether a model is to be unloaded (spec/ollama.md §3.7). */
import { Fault } from '../../conversation/fault.js';

/** One number of a Go duration with all that stands before the next number. */
const SEGMENT = /(?:\d+(?:\.\d*)?|\.\d+)([^\d.]*)/y;
const UNITS: ReadonlySet<string> = new Set(['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h']);

/** True for a number or duration of nothing: `0`, `"0s"`. Throws `bad-request` with Go's text for what is neither. */
export function asksToUnload(keepAlive: unknown): boolean {
  if (keepAlive == null) return false;
  if (typeof keepAlive === 'number') return keepAlive === 0;
  if (typeof keepAlive !== 'string') {
    throw new Fault('bad-request', `Unsupported type: '${goTypeOf(keepAlive)}'`);
  }
  const flaw = flawOf(keepAlive);
  if (flaw !== undefined) throw new Fault('bad-request', `time: ${flaw} ${JSON.stringify(keepAlive)}`);
  return !/[1-9]/.test(keepAlive);
}

function goTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** Why Go's `ParseDuration` refuses `text`, up to the text itself; undefined if it does not. */
function flawOf(text: string): string | undefined {
  const duration = text.replace(/^[-+]/, '');
  if (duration === '0') return undefined;
  if (duration === '') return 'invalid duration';
  for (let at = 0; at < duration.length; at = SEGMENT.lastIndex) {
    SEGMENT.lastIndex = at;
    const unit = SEGMENT.exec(duration)?.[1];
    if (unit === undefined) return 'invalid duration';
    if (unit === '') return 'missing unit in duration';
    if (!UNITS.has(unit)) return `unknown unit ${JSON.stringify(unit)} in duration`;
  }
  return undefined;
}
