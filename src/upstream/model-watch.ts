/** Which models the worker offers: those that are configured, or what the upstream says, asked again every minute. */
import type { Logger } from 'pino';
import { Fault } from '../core/fault.js';
import type { ListedModel } from './model-facts.js';

export interface ModelWatchOptions {
  /** Empty: the upstream is asked. */
  readonly configured: readonly string[];
  /** Asks the upstream. Rejects with a fault. */
  readonly list: (signal: AbortSignal) => Promise<readonly ListedModel[]>;
  /** How long a list counts as fresh, in ms; read at each use. */
  readonly limits: { readonly refreshMs: number };
  /** Another list than before. */
  readonly onChange: () => void;
  readonly log: Logger;
}

/** After a failure it is asked again sooner, then less and less often. */
const RETRY_MS = 1_000;
/** For a list; an answer may take longer. */
const LIST_TIMEOUT_MS = 10_000;
/** A list is sent in one tone, and humd writes it to `bees.json`. */
const MAX_MODELS = 10_000;
/** A server is not asked again sooner than that because a client names a model that it does not list. */
const JUST_ASKED_MS = 2_000;

export class ModelWatch {
  readonly #options: ModelWatchOptions;
  readonly #closing = new AbortController();
  #models: readonly ListedModel[];
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS;
  /** The last complaint in the log; undefined while all is well. */
  #complaint: string | undefined;
  #problem: string | undefined;
  /** In ms on the monotonic clock. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: ModelWatchOptions) {
    this.#options = options;
    this.#models = [...new Set(options.configured)].map((id) => ({ id }));
  }

  get models(): readonly ListedModel[] {
    return this.#models;
  }

  /** Why the upstream cannot be asked; undefined while it can, as far as is known. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** A turn was answered. */
  sawAnswer(): void {
    this.#setProblem(undefined);
  }

  /**
   * A turn has found out that the upstream is not there, or does not let this worker in. One that is not there is asked again before
   * long: nobody may ask for a turn until it is known to be back.
   */
  sawFault(fault: Fault): void {
    if (!isProblem(fault)) return;
    if (fault.code === 'unreachable' && this.#problem === undefined) this.#askIn(RETRY_MS);
    this.#setProblem(fault.message);
  }

  #setProblem(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onChange();
  }

  /** Asks for the first time, also for models that are configured: an upstream that is not there is worth a warning. */
  async start(): Promise<void> {
    await this.#ask();
  }

  /** Asks now, unless that was just done; resolves when what the server says is taken. Models that are configured stay. */
  async askAgain(): Promise<void> {
    const isFresh = performance.now() - this.#askedAt < JUST_ASKED_MS;
    if (isFresh || this.#options.configured.length > 0) await this.#asking;
    else await this.#ask();
  }

  /** May be called twice. */
  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  #ask(): Promise<void> {
    this.#askedAt = performance.now();
    this.#asking = this.#askOnce();
    return this.#asking;
  }

  async #askOnce(): Promise<void> {
    const { configured, list, limits, log } = this.#options;
    try {
      const timeout = AbortSignal.timeout(LIST_TIMEOUT_MS);
      const found = await list(AbortSignal.any([timeout, this.#closing.signal]));
      if (this.#complaint !== undefined) log.info('the upstream is there again');
      this.#complaint = undefined;
      this.#retryMs = RETRY_MS;
      this.#take(
        configured.length > 0 ? withFacts(configured, found) : firstOfEach(found).slice(0, MAX_MODELS),
      );
      this.#askIn(limits.refreshMs);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#complain(error);
      this.#askIn(Math.min(this.#retryMs, limits.refreshMs));
      this.#retryMs = Math.min(this.#retryMs * 2, limits.refreshMs);
    }
  }

  #askIn(pauseMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), pauseMs).unref();
  }

  #take(models: readonly ListedModel[]): void {
    const isSame = JSON.stringify(models) === JSON.stringify(this.#models) && this.#problem === undefined;
    this.#models = models;
    this.#problem = undefined;
    if (!isSame) this.#options.onChange();
  }

  /** Once for each reason. What was listed before stays. */
  #complain(error: unknown): void {
    const complaint = toComplaint(error);
    if (complaint !== this.#complaint) this.#options.log.warn(`its models are not known: ${complaint}`);
    this.#complaint = complaint;
    if (isProblem(error)) this.#setProblem(error.message);
  }
}

/** True for a fault by which no turn can be run. */
function isProblem(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === 'unreachable' || error.code === 'no-access');
}

/** The `configured` models with what the upstream says of them. */
function withFacts(configured: readonly string[], found: readonly ListedModel[]): readonly ListedModel[] {
  return [...new Set(configured)].map((id) => found.find((model) => model.id === id) ?? { id });
}

function firstOfEach(models: readonly ListedModel[]): readonly ListedModel[] {
  return [...new Map(models.toReversed().map((model) => [model.id, model])).values()].reverse();
}

function toComplaint(error: unknown): string {
  if (!(error instanceof Fault)) return 'the upstream cannot be asked';
  // What the server itself says is for the operator, who reads this.
  return error.code === 'no-access' && error.cause instanceof Error ? error.cause.message : error.message;
}
