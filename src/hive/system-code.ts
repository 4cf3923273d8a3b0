/** The system's name for what went wrong. */

/** `ENOENT`, `EACCES`, …; undefined for what is not an error of the system. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
