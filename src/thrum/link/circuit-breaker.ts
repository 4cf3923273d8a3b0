/** Says when a socket that keeps failing may be tried again, so that a broken humd is not dialled without end. */

/**
 * `closed`: nothing speaks against a dial. `open`: it failed too often, and is left alone for a while. `half-open`: one try is
 * under way that decides which of the two it will be.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

type State =
  | { readonly at: 'closed'; readonly failures: number }
  | {
      readonly at: 'open';
      readonly failures: number;
      readonly until: number;
      readonly isCheap: boolean;
    }
  | { readonly at: 'half-open'; readonly failures: number };

/** Failures in a row that open it. */
const FAILURES_TO_OPEN = 3;
const FIRST_PAUSE_MS = 400;
/** Short enough that a request which waits for the link meets a dial. */
const LONGEST_PAUSE_MS = 5_000;

/** All times are in ms on one clock, which the caller reads. Has no timer of its own. */
export class CircuitBreaker {
  readonly #random: () => number;
  #state: State = { at: 'closed', failures: 0 };

  /** @param random from 0 to 1, so that many bridges do not come back in step */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get state(): BreakerState {
    return this.#state.at;
  }

  /** When a try may pass next: now where it is closed, never as long as another one is under way. */
  passesAt(now: number): number {
    const state = this.#state;
    if (state.at === 'closed') return now;
    return state.at === 'open' ? Math.max(now, state.until) : Number.POSITIVE_INFINITY;
  }

  /** True if failing again would cost nobody anything, so that a try in a hurry need not wait for the end of the pause. */
  get isCheap(): boolean {
    return this.#state.at === 'open' && this.#state.isCheap;
  }

  /**
   * Asks for leave to try; who gets it must say how it went. An open breaker lets exactly one through, at the end of its
   * pause, or at once if that is cheap and somebody waits.
   */
  tryPass(now: number, isInHurry: boolean): boolean {
    const state = this.#state;
    if (state.at === 'closed') return true;
    if (state.at === 'half-open') return false;
    if (now < state.until && !(isInHurry && state.isCheap)) return false;
    this.#state = { at: 'half-open', failures: state.failures };
    return true;
  }

  succeed(): void {
    this.#state = { at: 'closed', failures: 0 };
  }

  /** @param isCheap the failure cost nobody anything: nobody was there */
  fail(now: number, isCheap: boolean): void {
    const failures = this.#state.failures + 1;
    if (failures < FAILURES_TO_OPEN) {
      this.#state = { at: 'closed', failures };
      return;
    }
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FAILURES_TO_OPEN));
    const until = now + (longest * (1 + this.#random())) / 2;
    this.#state = { at: 'open', failures, until, isCheap };
  }
}
