/** What is measured, and what it has to come to. */

export interface Target {
  readonly kind: 'at-most' | 'at-least';
  readonly value: number;
}

export interface Figure {
  readonly scenario: string;
  readonly title: string;
  readonly unit: string;
  /** Digits behind the point. */
  readonly digits: number;
  readonly target?: Target;
}

/** One figure as one round had it. */
export interface Reading {
  readonly figure: Figure;
  /** Which surface it was measured on; empty where that makes no difference. */
  readonly subject: string;
  /** Undefined where this machine does not tell. */
  readonly value: number | undefined;
  /** The same on the stand-in's own socket. */
  readonly direct?: number | undefined;
  /** The same on the server that is compared. */
  readonly compared?: number | undefined;
}

export function atMost(value: number): Target {
  return { kind: 'at-most', value };
}

export function atLeast(value: number): Target {
  return { kind: 'at-least', value };
}

export function isMet({ kind, value }: Target, measured: number): boolean {
  return kind === 'at-most' ? measured <= value : measured >= value;
}
