/** Says whether memory has stopped growing. */

export interface Sample {
  /** From the start, in seconds. */
  readonly second: number;
  /** In bytes. */
  readonly rss: number;
}

export interface MemoryVerdict {
  readonly isBounded: boolean;
  /** Of the second half, in bytes. */
  readonly least: number;
  readonly most: number;
  /** By how much the line through the second half's samples rises from its beginning to its end, in bytes; below 0: it falls. */
  readonly growth: number;
}

const MAX_GROWTH_SHARE = 0.1;
const MAX_GROWTH_BYTES = 10 * 2 ** 20;

/**
 * The first half is for warming up: caches that are bounded may fill there. In the second one memory may rise by a tenth, or
 * by 10 MiB where that is more. Throws with less than four samples.
 */
export function judgeMemory(samples: readonly Sample[]): MemoryVerdict {
  const end = samples.at(-1)?.second ?? 0;
  const half = samples.filter(({ second }) => second >= end / 2);
  const [first] = half;
  if (first === undefined || half.length < 2 || samples.length < 4) throw new Error('too few samples');
  const growth = slopeOf(half) * (end - first.second);
  const sizes = half.map(({ rss }) => rss);
  const least = Math.min(...sizes);
  const isBounded = growth < Math.max(MAX_GROWTH_BYTES, least * MAX_GROWTH_SHARE);
  return { isBounded, least, most: Math.max(...sizes), growth };
}

/** Of the straight line with the least squares, in bytes a second. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const second = mean((sample) => sample.second);
  const rss = mean((sample) => sample.rss);
  const spread = mean((sample) => (sample.second - second) ** 2);
  return spread === 0 ? 0 : mean((sample) => (sample.second - second) * (sample.rss - rss)) / spread;
}
