/** A model that a client may name, how the name that it wrote is looked up, and what a model is able to do. */
import { Fault } from './fault.js';
import type { RightsSetting } from './rights.js';
import type { WorkerProfile } from './worker-profile.js';

/** What a model can do, in Ollama's words; other words make some clients refuse the model (src/http/README.md, "Models"). */
export const CAPABILITIES = ['completion', 'tools', 'insert', 'vision', 'embedding', 'thinking'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What is known, or configured, of a model. */
export interface ModelCard {
  /** In tokens. */
  readonly contextLength: number;
  readonly capabilities: readonly Capability[];
  /** True where the configuration says that it can think, instead of that being assumed. */
  readonly isThinker?: true;
  /** Of which no worker says that it has them or lacks them: not shown, and not refused. */
  readonly untold?: readonly Capability[];
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
  /** Which workers serve it now; absent where there is no roster. */
  readonly service?: Service;
}

/** `live`: a worker that answers. `stub`: only workers that never answer. `none`: no worker, and the model is known all the same. */
export type Service = 'live' | 'stub' | 'none';

/** True if it is known that no worker would answer. */
export function isUnserved({ service }: Model): boolean {
  return service === 'none' || service === 'stub';
}

/**
 * What came of looking a name up: the model, or why there is none (`model-not-found`, `model-not-served`, `link-down`, `client-left`).
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

/** The fault of a name that means nothing here; `param` repeats the name, for surfaces to word it. */
export function modelNotFound(asked: string): Fault {
  return new Fault('model-not-found', `model '${asked}' not found`, { param: asked });
}

/** How soon to ask again for a model whose worker is away: workers are back some seconds after they went. */
const SERVED_AGAIN_SECONDS = 5;

/** The fault of a model that is known and cannot be asked now. @param asked its name as the client wrote it */
export function modelNotServed(asked: string, { service }: Pick<Model, 'service'>): Fault {
  const reason =
    service === 'stub'
      ? `only a claude-repl worker lists the model '${asked}', and that one never answers`
      : `no worker on this hum serves the model '${asked}' now`;
  return new Fault('model-not-served', reason, { retryAfterSeconds: SERVED_AGAIN_SECONDS });
}

/** How else a name may be written in the grammar of a surface; undefined if it has no other spelling. */
export type Respelling = (asked: string) => string | undefined;

/**
 * Which of the capabilities that a request needs the model lacks. Without `completion` it cannot be asked for a turn at all,
 * and nothing else is reported then. An unknown model is let through: humd decides.
 */
export function missingCapabilities(
  model: Model | undefined,
  needed: readonly Capability[],
): readonly Capability[] {
  if (model === undefined) return [];
  const { card } = model;
  if (!card.capabilities.includes('completion')) return ['completion'];
  return needed.filter((capability) => !mayHave(card, capability));
}

/** True unless it is known that the model lacks it. */
export function mayHave({ capabilities, untold = [] }: ModelCard, capability: Capability): boolean {
  return capabilities.includes(capability) || untold.includes(capability);
}

/** The id of the first model that a worker serves; without a roster, of the first one. Undefined if there is none. */
export function pickModel(
  models: readonly { readonly id: string; readonly service?: string | null | undefined }[],
): string | undefined {
  return models.find(({ service }) => service == null || service === 'live')?.id;
}
