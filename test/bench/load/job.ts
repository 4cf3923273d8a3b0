/** What the load process is told to do, and what it tells of it. */
import type { Dialect } from '../order.js';

export type Surface = 'ollama' | 'openai';

/** The stand-in's socket, as a bee: what a request costs without any bridge. */
export interface DirectTarget {
  readonly kind: 'direct';
  readonly socketPath: string;
}

/** Whom the requests go to. */
export type Target =
  | DirectTarget
  | {
      readonly kind: 'http';
      readonly host: string;
      readonly port: number;
      readonly surface: Surface;
      readonly model: string;
      readonly apiKey?: string | undefined;
    };

export interface Job {
  readonly target: Target;
  readonly requests: number;
  /** How many are under way at a time. Each takes its turn on a connection of its own. */
  readonly concurrency: number;
  /** `kept`: opened before the job begins. `new`: opened for each request, within its time. */
  readonly connections: 'kept' | 'new';
  readonly stream: boolean;
  /** Of each answer. */
  readonly tokens: number;
  readonly paceMs: number;
  readonly dialect: Dialect;
  /**
   * `whole`: answers are read to their end. `abort`: the connection is broken at the first token. `hold`: the answers stay
   * open after their tokens, until the next job.
   */
  readonly ending: 'whole' | 'abort' | 'hold';
  /** How long the conversation before the last message is, in characters; 0 for none. */
  readonly historyCharacters: number;
}

export interface JobResult {
  /** From the first request to the end of the last answer (or to its first token, where it has no end). */
  readonly wallMs: number;
  /** Until the first token of each answer, in ms. */
  readonly firstTokenMs: readonly number[];
  /** The longest time that any answer was without a token after its first one. */
  readonly largestGapMs: number;
  readonly tokens: number;
  readonly lost: number;
  readonly misordered: number;
  readonly duplicated: number;
  /** Requests that were not answered as they should. */
  readonly failed: number;
  /** Why, for the first few. */
  readonly failures: readonly string[];
}
