/** How the files of a model are named. */

const DIGEST = /^sha256[:-][0-9a-fA-F]{64}$/;

export function isBlobDigest(value: unknown): boolean {
  return typeof value === 'string' && DIGEST.test(value);
}
