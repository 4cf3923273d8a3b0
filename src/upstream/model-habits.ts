/** What each model of the server turned out to take and not to take; remembered, so that only one request pays for it. */
import type { ReasoningField } from './content-pieces.js';

/**
 * How much of the order of roles is given up: nothing; system messages behind the first stand in the user's; neighbours of one role
 * are joined, too; the first system message stands in the user's as well.
 */
export const ROLE_LEVELS = ['as-given', 'system-first', 'alternating', 'no-system'] as const;
export type RoleLevel = (typeof ROLE_LEVELS)[number];

/** How a file stands in its part: all of it, or by its address. */
export type FileForm = 'data' | 'url';

export interface ModelHabits {
  /** Fields that are left out. */
  readonly refused: Set<string>;
  /** Values that are left out, as JSON text, by their field. */
  readonly refusedValues: Map<string, Set<string>>;
  /** The kinds of `tool_choice` that it does not take: a word, or `object` for a tool by its name. */
  readonly refusedChoices: Set<string>;
  /** True if it knows `any` for `required`. */
  saysAny: boolean;
  /** The words for the effort of thinking that it takes; undefined while that is not known. */
  efforts: readonly string[] | undefined;
  roles: RoleLevel;
  /** True if it knows no `developer`. */
  hasNoDeveloper: boolean;
  /** True if ids of calls have to be nine letters and digits. */
  wantsShortIds: boolean;
  /** True if content has to be a text, and no list of parts. */
  wantsText: boolean;
  /** True if content must not be null. */
  wantsContent: boolean;
  /** How it is made to go on from a last message of the assistant. */
  prefill: 'fields' | 'prefix' | 'words';
  /** The forms of files that it cannot read. */
  readonly refusedFiles: Set<FileForm>;
  /** The kinds of `response_format` that it does not take. */
  readonly refusedFormats: Set<string>;
  /** Those that it has named as what it takes. */
  readonly takenFormats: Set<string>;
  /** Formats whose schema it cannot follow, as JSON text. */
  readonly refusedSchemas: Set<string>;
  /** True if JSON has to be asked for in words as well. */
  wantsJsonInWords: boolean;
  /** The name by which its thoughts come. */
  reasoningField: ReasoningField | undefined;
  /** Fields of messages that are left out. */
  readonly refusedInMessages: Set<string>;
  /** True if an answer that calls must not have both words and thoughts. */
  refusesTextBesideThoughts: boolean;
  /** True if it will not have thoughts back. */
  refusesReasoning: boolean;
  /** Which answers of the history it wants thoughts with: those to the open question, where they are known; those that call; all. */
  wantsReasoning: 'of-question' | 'with-calls' | 'always';
}

function createHabits(): ModelHabits {
  return {
    refused: new Set(),
    refusedValues: new Map(),
    refusedChoices: new Set(),
    saysAny: false,
    efforts: undefined,
    roles: 'as-given',
    hasNoDeveloper: false,
    wantsShortIds: false,
    wantsText: false,
    wantsContent: false,
    prefill: 'fields',
    refusedFiles: new Set(),
    refusedFormats: new Set(),
    takenFormats: new Set(),
    refusedSchemas: new Set(),
    wantsJsonInWords: false,
    reasoningField: undefined,
    refusedInMessages: new Set(),
    refusesTextBesideThoughts: false,
    refusesReasoning: false,
    wantsReasoning: 'of-question',
  };
}

/** What is known at this time. */
export function copyHabits(habits: ModelHabits): ModelHabits {
  return structuredClone(habits);
}

/** Forgets what was learned since `before` was copied. */
export function restoreHabits(habits: ModelHabits, before: ModelHabits): void {
  Object.assign(habits, before);
}

/** Clients may write any name of a model. */
const MAX_MODELS = 10_000;

export class HabitsByModel {
  readonly #habits = new Map<string, ModelHabits>();

  /** Those of a model; what is changed in them is remembered. */
  of(model: string): ModelHabits {
    const known = this.#habits.get(model);
    if (known !== undefined) return known;
    const [oldest] = this.#habits.keys();
    if (oldest !== undefined && this.#habits.size >= MAX_MODELS) this.#habits.delete(oldest);
    const made = createHabits();
    this.#habits.set(model, made);
    return made;
  }
}
