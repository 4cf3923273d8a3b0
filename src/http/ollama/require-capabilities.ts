/** Refuses what a model's card says that it cannot do, in Ollama's words (src/http/ollama/README.md, "Errors"). */
import { Fault } from '../../core/fault.js';
import type { Capability, ModelCard } from '../../core/model.js';
import { toFullName } from './model-name.js';

/** What a route does with a model that can write at all. */
export type Activity = 'chat' | 'generate';

/**
 * Throws `bad-request` unless `card` has `completion` and all of `wanted`. `asked` is the model's name as the client wrote
 * it, which Ollama repeats for some capabilities and spells out for others.
 */
export function requireCapabilities(
  asked: string,
  card: ModelCard,
  activity: Activity,
  wanted: readonly Capability[],
): void {
  const has = (capability: Capability) => card.capabilities.includes(capability);
  const quoted = JSON.stringify(asked);
  if (!has('completion')) throw new Fault('bad-request', `${quoted} does not support ${activity}`);
  const missing = wanted.filter((capability) => !has(capability));
  if (missing.length === 0) return;
  const who = missing.join() === 'thinking' ? quoted : toFullName(asked);
  throw new Fault('bad-request', `${who} does not support ${missing.join('\n')}`);
}
