/** The end of an answer, on its last line or in a whole answer: the reason, durations and counts. */
import type { Event, FinishReason, Usage } from '../../core/event.js';
import type { Clock } from '../clock.js';

const NANOSECONDS_PER_MS = 1_000_000;

/** What every line and every whole answer of a turn carries. */
export interface Envelope {
  /** As the client wrote it. */
  readonly model: string;
  readonly clock: Clock;
  readonly timings: Timings;
  /** Packs the conversation with the answer's whole text, where the answer is to carry it. */
  readonly toContext?: ((text: string) => readonly number[]) | undefined;
}

/** What follows `"done":true,`. @param text of the whole answer */
export function toEnding({ timings, toContext }: Envelope, reason: FinishReason, usage: Usage, text: string) {
  const metrics = timings.metrics(usage);
  // Written out: copying an object into another one takes longer than making its JSON.
  return {
    done_reason: toDoneReason(reason),
    context: toContext?.(text),
    total_duration: metrics.total_duration,
    load_duration: metrics.load_duration,
    prompt_eval_count: metrics.prompt_eval_count,
    prompt_eval_duration: metrics.prompt_eval_duration,
    eval_count: metrics.eval_count,
    eval_duration: metrics.eval_duration,
  };
}

/** Why an answer is over. Natively a turn that ends in tool calls has `stop` too (src/http/ollama/README.md, "Chat"). */
function toDoneReason(reason: FinishReason): 'stop' | 'length' {
  switch (reason) {
    case 'length':
      return 'length';
    case 'stop':
    case 'tool-calls':
    case 'content-filter':
      return 'stop';
    default:
      return reason satisfies never;
  }
}

/** All values are whole numbers ≥ 1, durations in nanoseconds: Ollama leaves zeros out, and clients miss them. */
export interface Metrics {
  readonly total_duration: number;
  readonly load_duration: number;
  readonly prompt_eval_count: number;
  readonly prompt_eval_duration: number;
  readonly eval_count: number;
  readonly eval_duration: number;
}

/**
 * Watches a turn: it loads until `ready`, reads the prompt until the first visible event, and writes until its end.
 * A turn without a `ready` took no time to load.
 */
export class Timings {
  readonly #clock: Clock;
  readonly #arrivedAt: number;
  #readyAt: number | undefined;
  #firstOutputAt: number | undefined;

  /** @param arrivedAt when the request came, on the clock's monotonic side */
  constructor(clock: Clock, arrivedAt: number) {
    this.#clock = clock;
    this.#arrivedAt = arrivedAt;
  }

  /** To be called with every batch, in order. */
  observe(batch: readonly Event[]): void {
    if (this.#firstOutputAt !== undefined) return;
    for (const event of batch) {
      if (event.type === 'ready') this.#readyAt ??= this.#clock.monotonic();
      else this.#firstOutputAt ??= this.#clock.monotonic();
    }
  }

  /** What to say of a turn that ends now. */
  metrics(usage: Usage): Metrics {
    const endedAt = this.#clock.monotonic();
    const readyAt = this.#readyAt ?? this.#arrivedAt;
    const firstOutputAt = this.#firstOutputAt ?? endedAt;
    return {
      total_duration: toNanoseconds(endedAt - this.#arrivedAt),
      load_duration: toNanoseconds(readyAt - this.#arrivedAt),
      prompt_eval_count: Math.max(1, usage.promptTokens),
      prompt_eval_duration: toNanoseconds(firstOutputAt - readyAt),
      eval_count: Math.max(1, usage.completionTokens),
      eval_duration: toNanoseconds(endedAt - firstOutputAt),
    };
  }
}

/** A whole number ≥ 1. */
export function toNanoseconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds * NANOSECONDS_PER_MS));
}
