/** Which of the ways in which a value misses a union is worth telling: the one that came closest. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/**
 * The issue itself, or for a union the one with the deepest path among its branches, all paths counted from the body.
 * Where no branch has the right type, the result is one `invalid_type` whose `expected` names all of theirs, joined by
 * `|`.
 */
export function deepestIssue(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const inner = issue.errors
    .flat()
    .map((each) => deepestIssue({ ...each, path: [...issue.path, ...each.path] }));
  const depth = Math.max(...inner.map((each) => each.path.length));
  const deepest = inner.filter((each) => each.path.length === depth);
  const closest = deepest.find((each) => each.code !== 'invalid_type') ?? deepest[0] ?? issue;
  if (closest.code !== 'invalid_type' || depth > issue.path.length) return closest;
  const expected = deepest.flatMap((each) => (each.code === 'invalid_type' ? [each.expected] : []));
  return { ...closest, expected: expected.join('|') };
}
