/** What a model's card shows where nobody configured it. */
import type { Capability, ModelCard } from '../core/model.js';
import type { ModelEntry } from './model-entry.js';

/** hum does not say what a model can do; a bridge that denies what works hides the model from agents. */
const CAPABILITIES: readonly Capability[] = ['completion', 'tools', 'vision', 'thinking'];
/** For facts about a model's weights, which hum does not know; clients refuse empty strings. */
const UNKNOWN = 'unknown';

/**
 * The card of the model `id`, from its entry in the configuration and, for the rest, defaults. `contextLength` is the
 * hive's own default, in tokens.
 */
export function toModelCard(id: string, entry: ModelEntry | undefined, contextLength: number): ModelCard {
  return {
    contextLength: entry?.contextLength ?? contextLength,
    capabilities: entry?.capabilities ?? CAPABILITIES,
    family: entry?.family ?? familyOf(id),
    parameterSize: entry?.parameterSize ?? UNKNOWN,
    quantizationLevel: entry?.quantizationLevel ?? UNKNOWN,
  };
}

/** The name up to its first dash, digit or tag: `claude-sonnet-4` is a `claude`. */
function familyOf(id: string): string {
  const name = id.slice(id.lastIndexOf('/') + 1);
  return /^[^-\d:]+/.exec(name)?.[0] ?? UNKNOWN;
}
