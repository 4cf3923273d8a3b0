/** A model that a client may name, how the name that it wrote is looked up, and what a model is able to do. */
import type { WorkerProfile } from './worker-profile.js';
import { Fault } from './fault.js';
import type { RightsSetting } from './rights.js';

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

export interface ModelSetting extends RightsSetting {
  /** The system text of requests that have none; empty for none. Absent: the hive's. */
  readonly defaultSystem?: string | undefined;
}

export interface Model {
  /** The name that clients see: `claude-sonnet-4`. */
  readonly id: string;
  /** The name that humd knows it by; differs from `id` for an alias. */
  readonly target: string;
  /** False for names that work but are not shown in lists (the built-in short names). */
  readonly listed: boolean;
  readonly card: ModelCard;
  /** What its workers take; absent where nothing is known of them. */
  readonly profile?: WorkerProfile;
  /** What the configuration says of it: what its workers may do, and what they are told where a client says nothing. */
  readonly setting?: ModelSetting;
}

/**
 * What came of looking a name up: the model, or why there is none (`model-not-found`, `link-down`, `client-left`).
 * Undefined where there is no roster: humd decides.
 */
export type ModelLookup = Model | Fault | undefined;

/** The model of a lookup, if there is one. */
export function foundModel(lookup: ModelLookup): Model | undefined {
  return lookup instanceof Fault ? undefined : lookup;
}

/** The same for what cannot go on without an answer. Throws why there is no model. */
export function requireFound(lookup: ModelLookup): Model | undefined {
  if (lookup instanceof Fault) throw lookup;
  return lookup;
}

/** The fault of a name that no worker serves; `param` repeats the name, for surfaces to word it. */
export function modelNotFound(asked: string): Fault {
  return new Fault('model-not-found', `model '${asked}' not found`, { param: asked });
}

/** How else a name may be written in the grammar of a surface; undefined if it has no other spelling. */
export type Respelling = (asked: string) => string | undefined;

const DEFAULT_TAG = ':latest';

/**
 * Finds the model that a client means. First exactly; only if that misses, with or without `:latest` and in any case
 * (clients list on `/api`, where names carry the tag, and chat on `/v1`, where they do not). Any other tag belongs to
 * the name and is never stripped. A name that misses is looked up once more as `respell` writes it.
 */
export function findModel(models: readonly Model[], asked: string, respell?: Respelling): Model | undefined {
  const exact = models.find((model) => model.id === asked);
  if (exact) return exact;
  const wanted = withoutDefaultTag(asked);
  const similar = models.find((model) => withoutDefaultTag(model.id) === wanted);
  if (similar || respell === undefined) return similar;
  const other = respell(asked);
  return other === undefined ? undefined : findModel(models, other);
}

function withoutDefaultTag(id: string): string {
  const lower = id.toLowerCase();
  return lower.endsWith(DEFAULT_TAG) ? lower.slice(0, -DEFAULT_TAG.length) : lower;
}

/**
 * Which of the capabilities that a request needs the model lacks. Without `completion` it cannot be asked for a turn at all,
 * and nothing else is reported then. An unknown model is let through: humd decides.
 */
export function missingCapabilities(
  model: Model | undefined,
  needed: readonly Capability[],
): readonly Capability[] {
  const capabilities = model?.card.capabilities;
  if (capabilities === undefined) return [];
  if (!capabilities.includes('completion')) return ['completion'];
  return needed.filter((capability) => !capabilities.includes(capability));
}
