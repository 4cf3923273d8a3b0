/** Refuses what a model's card says that it cannot do, in Ollama's words (src/http/ollama/README.md, "Errors"). */
import { Fault } from '../../core/fault.js';
import { type Capability, missingCapabilities, type Model } from '../../core/model.js';
import { toFullName } from './model-name.js';

/** What a route does with a model that can write at all. */
export type Activity = 'chat' | 'generate';

/**
 * Throws `bad-request` unless the model can write and do all of `wanted`. `asked` is its name as the client wrote it, which
 * Ollama repeats for some capabilities and spells out for others.
 */
export function requireCapabilities(
  asked: string,
  model: Model | undefined,
  activity: Activity,
  wanted: readonly Capability[],
): void {
  const missing = missingCapabilities(model, wanted);
  if (missing.length === 0) return;
  const quoted = JSON.stringify(asked);
  if (missing.includes('completion'))
    throw new Fault('bad-request', `${quoted} does not support ${activity}`);
  const who = missing.join() === 'thinking' ? quoted : toFullName(asked);
  throw new Fault('bad-request', `${who} does not support ${missing.join('\n')}`);
}
