/** Remembers what took too long in a thread, so that it is refused at once when it comes again. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const MAX_DIGESTS = 1_000;
/** A machine that had too much to do may take it after a while. */
const KEPT_MS = 600_000;

/** Of a text, or of bytes in pieces. */
export function digestOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64');
}

export class TimedOut {
  readonly #digests = new LRUCache<string, true>({ max: MAX_DIGESTS, ttl: KEPT_MS });

  add(digest: string): void {
    this.#digests.set(digest, true);
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }
}
