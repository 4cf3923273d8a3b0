/** A model that a client may name, and how the name that it wrote is looked up. */

/** What a model can do, in Ollama's words; other words make some clients refuse the model (src/http/README.md, "Models"). */
export const CAPABILITIES = ['completion', 'tools', 'insert', 'vision', 'embedding', 'thinking'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What is known, or configured, of a model. */
export interface ModelCard {
  /** In tokens. */
  readonly contextLength: number;
  readonly capabilities: readonly Capability[];
  /** `claude`; never empty. */
  readonly family: string;
  /** `8B`; never empty. */
  readonly parameterSize: string;
  /** `Q4_K_M`; never empty. */
  readonly quantizationLevel: string;
}

export interface Model {
  /** The name that clients see: `claude-sonnet-4`. */
  readonly id: string;
  /** The name that humd knows it by; differs from `id` for an alias. */
  readonly target: string;
  /** False for names that work but are not shown in lists (the built-in short names). */
  readonly listed: boolean;
  readonly card: ModelCard;
}

const DEFAULT_TAG = ':latest';

/**
 * Finds the model that a client means. First exactly; only if that misses, with or without `:latest` and in any case
 * (clients list on `/api`, where names carry the tag, and chat on `/v1`, where they do not). Any other tag belongs to
 * the name and is never stripped.
 */
export function findModel(models: readonly Model[], asked: string): Model | undefined {
  const exact = models.find((model) => model.id === asked);
  if (exact) return exact;
  const wanted = withoutDefaultTag(asked);
  return models.find((model) => withoutDefaultTag(model.id) === wanted);
}

function withoutDefaultTag(id: string): string {
  const lower = id.toLowerCase();
  return lower.endsWith(DEFAULT_TAG) ? lower.slice(0, -DEFAULT_TAG.length) : lower;
}
