/** Moments as text. */

/** What was made last: all moments within a millisecond have the same text. */
let latest = { at: 0, text: '1970-01-01T00:00:00.000Z' };

/**
 * RFC 3339, in UTC. langchain4j before 1.17 takes the digits of the fraction out of the whole text: a fraction that the year contains
 * (`.202` and `.026` in 2026) is one millisecond later here.
 * @param at in ms since the epoch
 */
export function toTimestamp(at: number): string {
  if (at !== latest.at) latest = { at, text: toText(at) };
  return latest.text;
}

function toText(at: number): string {
  const text = new Date(at).toISOString();
  const year = text.slice(0, text.indexOf('-', 1));
  return year.includes(text.slice(-4, -1)) ? new Date(at + 1).toISOString() : text;
}
