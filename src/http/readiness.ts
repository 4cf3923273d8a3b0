/** What `/readyz` says: whether turns can be run, and with `?verbose` how each humd is doing. */

/** `up`: the link is here. The others are what a circuit breaker makes of the last dials and checks. */
export interface HumdState {
  readonly state: 'up' | 'closed' | 'open' | 'half-open';
}

/**
 * One line for each humd, in the order in which they are dialled, as Kubernetes' own `/readyz?verbose` has it. Says no
 * path: this may be read without a key.
 */
export function toVerbose(humds: readonly HumdState[], isReady: boolean): string {
  const lines = humds.map(({ state }, index) => `[${isGood(state) ? '+' : '-'}]humd ${index + 1} ${state}`);
  return [...lines, `readyz check ${isReady ? 'passed' : 'failed'}`, ''].join('\n');
}

function isGood(state: HumdState['state']): boolean {
  switch (state) {
    case 'up':
    case 'closed':
      return true;
    case 'open':
    case 'half-open':
      return false;
    default:
      return state satisfies never;
  }
}
