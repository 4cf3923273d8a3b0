/** The short mark that humd puts on the tones of a session. */
import { createHash } from 'node:crypto';

const SIGIL_HEX_DIGITS = 12;

/** @param nest the daemon's own hive tag, which need not be the hive of the worker that answers */
export function toSigil(sid: string, nest: string): string {
  return createHash('sha256').update(`${nest}:${sid}`).digest('hex').slice(0, SIGIL_HEX_DIGITS);
}
