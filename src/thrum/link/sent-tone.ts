/** What may be sent: a tone, or one whose line was made elsewhere because it is large. */

/** The line of a tone in parts, its newline included: text, or bytes of UTF-8. */
export class EncodedTone {
  readonly parts: readonly (string | Uint8Array)[];

  constructor(parts: readonly (string | Uint8Array)[]) {
    this.parts = parts;
  }
}

export type SentTone = Readonly<Record<string, unknown>> | EncodedTone;

/**
 * When a tone leaves, and whatever is queued before it: `now`, with this `tick`, or with the `round` of the event loop, in which
 * others may come to leave with it in one write.
 */
export type Departure = 'now' | 'tick' | 'round';
