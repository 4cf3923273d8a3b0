/** Reads the host out of what clients write where a host belongs. */
import { isIP } from 'node:net';

/** A host, in brackets if it is an IPv6 address, and perhaps a port. No user, no blanks, no empty name. */
const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::\d{1,5})?$/i;

/** The longest name that DNS knows. */
const MAX_NAME_CHARACTERS = 253;

/**
 * The host of a Host header, of a URL's authority or of a setting: lower case, without port, brackets and trailing dot.
 * Undefined if it is malformed.
 */
export function hostOf(authority: string): string | undefined {
  if (isIP(authority) !== 0) return authority.includes('%') ? undefined : authority.toLowerCase();
  const [, bracketed, name] = AUTHORITY.exec(authority) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? bracketed.toLowerCase() : undefined;
  return name !== undefined && name.length <= MAX_NAME_CHARACTERS ? name.toLowerCase() : undefined;
}
