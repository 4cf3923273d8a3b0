/** Which of the known names an unknown one is most like. */
import { closest, distance } from 'fastest-levenshtein';

/** Of a known name's characters, the part that may be wrong: two in `port`, so that `prot` is understood. */
const TOLERATED_SHARE = 0.4;

/** The known name nearest to `written`, or undefined if none is near. Case, hyphens and underscores do not count. */
export function findNearest(written: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const wanted = simplify(written);
  const nearest = closest(wanted, known.map(simplify));
  if (distance(wanted, nearest) > Math.ceil(nearest.length * TOLERATED_SHARE)) return undefined;
  return known.find((name) => simplify(name) === nearest);
}

function simplify(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}
