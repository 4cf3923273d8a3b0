/** Correlation ids in the form of hum's reference clients (src/thrum/README.md, "Envelope"). */

/** A source of rids: base36(ms since epoch), a dash, base36(counter from 0). Unique within the source. */
export function createRidSource(now: () => number = Date.now): () => string {
  let counter = 0;
  return () => `${now().toString(36)}-${(counter++).toString(36)}`;
}
