/** Counts what happens in turns and requests, for Prometheus. */
import type { SentWay } from '../conversation/request.js';
import { Counts } from './counts.js';
import { Distribution } from './distribution.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

/** In seconds, from a cached answer to a model that is loaded first. */
const FIRST_TOKEN_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const GAP_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const TURN_BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Stands for models that nobody lists: clients may write anything, and each label is a series for ever. */
const OTHER = 'other';

export interface AnsweredFacts {
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number;
}

export class TurnFigures implements TurnObserver {
  readonly turns = new Counts();
  readonly tokens = new Counts();
  readonly cachedAnswers = new Counts();
  readonly toolWays = new Counts();
  readonly requests = new Counts();
  readonly gaps = new Distribution(GAP_BOUNDS);
  readonly #firstTokens = new Map<string, Distribution>();
  readonly #lengths = new Map<string, Distribution>();
  readonly #idOf: (model: string) => string | undefined;

  /** @param idOf the id of the model that a client means by a name; undefined for one that nobody lists */
  constructor(idOf: (model: string) => string | undefined) {
    this.#idOf = idOf;
  }

  /** By model, in seconds. */
  get firstTokens(): readonly Distribution[] {
    return [...this.#firstTokens.values()];
  }

  /** By model, in seconds. */
  get lengths(): readonly Distribution[] {
    return [...this.#lengths.values()];
  }

  sent(_: ObservedTurn, way: SentWay): void {
    if (way === 'route' || way === 'replay') this.toolWays.add({ way });
  }

  batch(_: ObservedTurn, __: number, gapMs: number | undefined): void {
    if (gapMs !== undefined) this.gaps.observe(gapMs / 1_000);
  }

  end(turn: ObservedTurn, { record, fault }: EndedTurn): void {
    const model = this.#idOf(turn.request.model) ?? OTHER;
    const { surface, outcome, promptTokens, completionTokens, cachedTokens } = record;
    this.turns.add({ surface, model, outcome });
    this.tokens.add({ model, kind: 'prompt' }, promptTokens);
    this.tokens.add({ model, kind: 'completion' }, completionTokens);
    this.tokens.add({ model, kind: 'cached' }, cachedTokens);
    if (record.cached) this.cachedAnswers.add({ model });
    of(this.#lengths, model, TURN_BOUNDS).observe((performance.now() - turn.startedAt) / 1_000);
    const isAnswer = fault === undefined || turn.deltas > 0;
    if (turn.firstAt !== undefined && isAnswer)
      of(this.#firstTokens, model, FIRST_TOKEN_BOUNDS).observe((turn.firstAt - turn.startedAt) / 1_000);
  }

  answered({ method, route, status }: AnsweredFacts): void {
    this.requests.add({ method, route: route ?? OTHER, status });
  }
}

function of(distributions: Map<string, Distribution>, model: string, bounds: readonly number[]) {
  const known = distributions.get(model);
  if (known !== undefined) return known;
  const made = new Distribution(bounds, { model });
  distributions.set(model, made);
  return made;
}
