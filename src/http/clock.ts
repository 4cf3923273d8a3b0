/** Time as an argument, so that encoders stay pure and golden outputs stay golden. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never goes back, with a fraction. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: Date.now,
  monotonic: performance.now.bind(performance),
};
