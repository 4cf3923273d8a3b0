/** What a check of `doctor` says. */

export const STATUSES = ['ok', 'warn', 'fail', 'skipped'] as const;

/** `warn`: it works, but perhaps not as is meant. `skipped`: it could not be looked at, and the detail says why. */
export type Status = (typeof STATUSES)[number];

export interface Finding {
  readonly status: Status;
  /** What was looked at, in a word or two. */
  readonly title: string;
  /** What was found, as one line; no secret. */
  readonly detail: string;
  /** The command to run or the setting to change; every `warn` and `fail` has one. */
  readonly remedy?: string;
}

/** A finding without its title, which the check knows. */
export type Verdict =
  | { readonly status: 'ok' | 'skipped'; readonly detail: string }
  | { readonly status: 'warn' | 'fail'; readonly detail: string; readonly remedy: string };

export function toFinding(title: string, verdict: Verdict): Finding {
  return { title, ...verdict };
}
