/** Picks the sids that prompts go out under: each is a random UUID, and none is ever used twice. */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../conversation/request.js';

export class SidSource {
  readonly #served = new WeakSet<Caller>();

  /** The request's own id for its first prompt, where that may be a sid: then logs on both sides name it the same. */
  next(caller: Caller | undefined): string {
    if (caller?.firstSid === undefined || this.#served.has(caller)) return randomUUID();
    this.#served.add(caller);
    return caller.firstSid;
  }
}
