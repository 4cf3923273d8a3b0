/** Remembers, for one link, whether results reach a parked worker or have to be replayed in a new prompt. */

/** What is configured: `auto` tries once and remembers. */
export type ToolResultsSetting = 'auto' | 'route' | 'replay';

/** How long a worker may take to show that a result has reached it, where that has not been seen before, in ms. */
const TRIAL_MS = 300;
/** The same where it is known, or configured, to work. */
const TRUSTED_MS = 10_000;

export class ResultWays {
  readonly #limits: { readonly toolResults: ToolResultsSetting };
  /** By whether the tools were declared in our hello, which is what humd routes by. */
  readonly #seen = new Map<boolean, 'route' | 'replay'>();

  /** @param limits read at each use */
  constructor(limits: { readonly toolResults: ToolResultsSetting }) {
    this.#limits = limits;
  }

  /** How long to wait for a routed result to show, in ms; undefined: replay at once, and park nothing. */
  waitMs(isDeclared: boolean): number | undefined {
    const { toolResults } = this.#limits;
    if (toolResults === 'replay') return undefined;
    if (toolResults === 'route') return TRUSTED_MS;
    switch (this.#seen.get(isDeclared)) {
      case 'replay':
        return undefined;
      case 'route':
        return TRUSTED_MS;
      default:
        return TRIAL_MS;
    }
  }

  learn(isDeclared: boolean, way: 'route' | 'replay'): void {
    this.#seen.set(isDeclared, way);
  }

  /** A new link may behave in another way. */
  forget(): void {
    this.#seen.clear();
  }
}
