/** Ollama's `think` as hum's reasoning effort (src/http/ollama/README.md, "Thinking"). */
import { Fault } from '../../core/fault.js';

export const LEVELS: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'max']);
/** What a plain `true` means, by Ollama's own reading. */
const DEFAULT_LEVEL = 'medium';

/** Undefined where `think` is unset: the worker decides. Throws `bad-request` for anything that Ollama refuses. */
export function toReasoningEffort(think: unknown): string | undefined {
  if (think == null) return undefined;
  if (typeof think === 'boolean') return think ? DEFAULT_LEVEL : 'none';
  if (typeof think !== 'string') {
    const text = 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)';
    throw new Fault('bad-request', text);
  }
  if (LEVELS.has(think)) return think;
  const text = `invalid think value: "${think}" (must be "high", "medium", "low", "max", true, or false)`;
  throw new Fault('bad-request', text);
}
