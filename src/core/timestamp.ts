/** Moments as text. */

/** What was made last: all moments within a millisecond have the same text. */
let latest = { at: 0, text: '1970-01-01T00:00:00.000Z' };

/** RFC 3339, in UTC. @param at in ms since the epoch */
export function toTimestamp(at: number): string {
  if (at !== latest.at) latest = { at, text: new Date(at).toISOString() };
  return latest.text;
}
