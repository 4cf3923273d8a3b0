/** A sid for the first prompt of a request, which goes by the request's own id, and for no other. */
export class FirstSid {
  readonly sid: string;
  #isTaken = false;

  constructor(sid: string) {
    this.sid = sid;
  }

  /** Undefined if somebody has it already. */
  take(): string | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    return this.sid;
  }
}
