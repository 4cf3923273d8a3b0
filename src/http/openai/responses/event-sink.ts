/** Where the events of a response go while it is built: into a stream's frames, or nowhere for a whole answer. */

export interface EventSink {
  /** Tells one event; its `type` and number are put in front of `fields`. */
  event(type: string, fields: object): void;
  /** A writer of delta events that differ only in their text; `address` stands before the delta, `rest` behind it. */
  deltas(type: string, address: object, rest?: object): (delta: string) => void;
}

/** Tells nobody. */
export const silentSink: EventSink = { event: () => {}, deltas: () => () => {} };
