/** What a worker says of itself and its models, in the free list of its hello: `card:{…}` for each model, `problem:…`. */
import { z } from 'zod';
import { MAX_COUNT } from '../core/count.js';
import { CAPABILITIES, type ModelCard } from '../core/model.js';
import { parseJson } from '../core/json-object.js';

/** What a worker knows of a model. */
export type WorkerCard = Partial<Pick<ModelCard, 'contextLength' | 'capabilities' | 'untold'>>;

const CARD = 'card:';
const PROBLEM = 'problem:';
const MAX_PROBLEM_CHARACTERS = 300;

const capabilities = z
  .array(z.unknown())
  .transform((words) => CAPABILITIES.filter((capability) => words.includes(capability)))
  .optional()
  .catch(undefined);

const cardSchema = z.object({
  model: z.string().min(1),
  contextLength: z.int().min(1).max(MAX_COUNT).optional().catch(undefined),
  capabilities,
  untold: capabilities,
});

/** By the model's name. */
export function readCards(provides: readonly string[]): ReadonlyMap<string, WorkerCard> {
  const cards = new Map<string, WorkerCard>();
  for (const text of provides) {
    if (!text.startsWith(CARD)) continue;
    const parsed = cardSchema.safeParse(parseJson(text.slice(CARD.length)));
    if (!parsed.success) continue;
    const { model, contextLength, capabilities: can, untold } = parsed.data;
    cards.set(model, {
      ...(contextLength === undefined ? {} : { contextLength }),
      ...(can === undefined || can.length === 0 ? {} : { capabilities: can }),
      ...(untold === undefined || untold.length === 0 ? {} : { untold }),
    });
  }
  return cards;
}

/** Why the worker can answer nothing now; undefined where it does not say so. */
export function readProblem(provides: readonly string[]): string | undefined {
  return provides
    .find((text) => text.startsWith(PROBLEM))
    ?.slice(PROBLEM.length, PROBLEM.length + MAX_PROBLEM_CHARACTERS)
    .toWellFormed();
}

/** What all of several workers can do with a model, because humd gives a prompt to any of them. */
export function commonCard(cards: readonly (WorkerCard | undefined)[]): WorkerCard | undefined {
  const [first, ...others] = cards;
  if (first === undefined) return undefined;
  return others.reduce<WorkerCard | undefined>((one, other) => {
    if (one === undefined || other === undefined) return undefined;
    const length = Math.min(
      one.contextLength ?? Number.POSITIVE_INFINITY,
      other.contextLength ?? Number.POSITIVE_INFINITY,
    );
    const can = one.capabilities?.filter((capability) => other.capabilities?.includes(capability));
    return {
      ...(Number.isFinite(length) ? { contextLength: length } : {}),
      ...(can === undefined ? {} : { capabilities: can }),
      untold: [...new Set([...(one.untold ?? []), ...(other.untold ?? [])])],
    };
  }, first);
}
