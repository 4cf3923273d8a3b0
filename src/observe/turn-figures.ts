/** Counts what happens in turns and requests, for Prometheus. */
import { foundModel } from '../core/model.js';
import type { PromptKind, SessionUse } from '../core/request.js';
import { type Count, Counts, Distribution } from './counts.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

/** In seconds, from a cached answer to a model that is loaded first. */
const FIRST_TOKEN_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const GAP_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const TURN_BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Stands for models that are not listed: clients may write any name, and each label is a series that stays. */
const OTHER = 'other';

export interface AnsweredFacts {
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number;
}

/** What is counted of one model, at hand without a search by its labels. */
interface ModelFigures {
  readonly promptTokens: Count;
  readonly completionTokens: Count;
  readonly cachedTokens: Count;
  readonly lengths: Distribution;
  readonly firstTokens: Distribution;
}

export class TurnFigures implements TurnObserver {
  readonly turns = new Counts();
  readonly tokens = new Counts();
  readonly cachedAnswers = new Counts();
  readonly toolResults = new Counts();
  readonly sessions = new Counts();
  readonly requests = new Counts();
  readonly refusedKeys = new Counts();
  readonly gaps = new Distribution(GAP_BOUNDS);
  readonly #models = new Map<string, ModelFigures>();

  /** By model, in seconds. */
  get firstTokens(): readonly Distribution[] {
    return [...this.#models.values()].flatMap(({ firstTokens }) =>
      firstTokens.count > 0 ? [firstTokens] : [],
    );
  }

  /** By model, in seconds. */
  get lengths(): readonly Distribution[] {
    return [...this.#models.values()].map(({ lengths }) => lengths);
  }

  sent(_: ObservedTurn, kind: PromptKind, use: SessionUse | undefined): void {
    if (use !== undefined) this.sessions.add({ how: use.how, reason: use.reason });
    if (kind === 'route' || kind === 'replay') this.toolResults.add({ way: kind });
  }

  batch(_: ObservedTurn, __: number, gapMs: number | undefined): void {
    if (gapMs !== undefined) this.gaps.observe(gapMs / 1_000);
  }

  end(turn: ObservedTurn, { record, fault }: EndedTurn): void {
    const model = foundModel(turn.request.resolved)?.id ?? OTHER;
    const { surface, outcome, promptTokens, completionTokens, cachedTokens } = record;
    this.turns.add({ surface, model, outcome });
    const figures = this.#of(model);
    figures.promptTokens.value += promptTokens;
    figures.completionTokens.value += completionTokens;
    figures.cachedTokens.value += cachedTokens;
    if (record.cached) this.cachedAnswers.add({ model });
    figures.lengths.observe((performance.now() - turn.startedAt) / 1_000);
    const isAnswer = fault === undefined || turn.deltas > 0;
    if (turn.firstAt !== undefined && isAnswer)
      figures.firstTokens.observe((turn.firstAt - turn.startedAt) / 1_000);
  }

  #of(model: string): ModelFigures {
    const known = this.#models.get(model);
    if (known !== undefined) return known;
    const made: ModelFigures = {
      promptTokens: this.tokens.count({ model, kind: 'prompt' }),
      completionTokens: this.tokens.count({ model, kind: 'completion' }),
      cachedTokens: this.tokens.count({ model, kind: 'cached' }),
      lengths: new Distribution(TURN_BOUNDS, { model }),
      firstTokens: new Distribution(FIRST_TOKEN_BOUNDS, { model }),
    };
    this.#models.set(model, made);
    return made;
  }

  /** The answer to a request is out, or its client is gone. */
  readonly answered = ({ method, route, status }: AnsweredFacts): void => {
    this.requests.add({ method, route: route ?? OTHER, status });
  };

  /** @param reason one of a few words */
  readonly keyRefused = (reason: string): void => {
    this.refusedKeys.add({ reason });
  };
}
