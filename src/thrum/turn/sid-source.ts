/** Picks the sids that prompts go out under: each is a random UUID, and none is ever used twice. */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../../core/request.js';

/** The request's own id for its first prompt, where that may be a sid: then logs on both sides name it the same. */
export function nextSid(caller: Caller | undefined): string {
  return caller?.firstSid?.take() ?? randomUUID();
}
