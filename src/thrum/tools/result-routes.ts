/** Remembers whether a link delivers tool results to workers that wait for them. */

/** What is configured: `auto` tries once and remembers. */
export type ToolResultsSetting = 'auto' | 'route' | 'replay';

/** Read at each use. */
export interface ResultLimits {
  readonly toolResults: ToolResultsSetting;
}

/** How long a worker may take to show that a result has reached it, where that has not been seen before, in ms. */
const TRIAL_MS = 300;
/** The same where it is known, or configured, to work. */
const TRUSTED_MS = 10_000;

/** After so long it is tried again whether results are delivered now, in ms. */
const RETRY_AFTER_MS = 60_000;

type Known = { readonly does: 'deliver' } | { readonly does: 'drop'; readonly since: number };

/**
 * Whether results reach a waiting worker on this link, for tools that our hello lists and for others apart: humd routes by that. One
 * delivery proves that they do, for as long as the link is up. That they do not is believed for a minute after a worker that lives was
 * sent results and did not take them; a worker that is silent proves nothing. All times are in ms on the monotonic clock.
 */
export class ResultRoutes {
  readonly #limits: ResultLimits;
  readonly #known = new Map<boolean, Known>();

  constructor(limits: ResultLimits) {
    this.#limits = limits;
  }

  /** True if it is worth while to let a worker wait for results. */
  mayPark(isDeclared: boolean, now: number): boolean {
    const { toolResults } = this.#limits;
    if (toolResults !== 'auto') return toolResults === 'route';
    const known = this.#known.get(isDeclared);
    return known?.does !== 'drop' || now - known.since >= RETRY_AFTER_MS;
  }

  /** How long to wait for a sign that a waiting worker took its results, in ms; undefined: replay at once. */
  waitMs(isDeclared: boolean): number | undefined {
    const { toolResults } = this.#limits;
    if (toolResults === 'replay') return undefined;
    return toolResults === 'route' || this.#known.get(isDeclared)?.does === 'deliver' ? TRUSTED_MS : TRIAL_MS;
  }

  delivered(isDeclared: boolean): void {
    this.#known.set(isDeclared, { does: 'deliver' });
  }

  dropped(isDeclared: boolean, now: number): void {
    if (this.#known.get(isDeclared)?.does !== 'deliver')
      this.#known.set(isDeclared, { does: 'drop', since: now });
  }

  /** A new link may behave in another way. */
  forget(): void {
    this.#known.clear();
  }
}
