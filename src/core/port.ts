/** What the HTTP surfaces may ask of the side that talks to models. */
import type { Event } from './event.js';
import type { Model } from './model.js';
import type { TurnRequest } from './request.js';
import type { TurnSignal } from './abort.js';

/** Where the link to humd stands. */
export type LinkState = 'up' | 'down';

export interface Conversation {
  /**
   * Runs one turn. Events come in batches, one per read of the socket; the last event of the last batch is a
   * `finish` or a `fault`, and nothing throws. Aborting `signal` (the client left) cancels the turn at once and ends
   * the iteration without an end event.
   */
  turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]>;
  /**
   * Calls a tool that another bee offers to the mesh. Resolves with its result, JSON text already parsed. Rejects with
   * `not-offered` if nobody offers it, `tool-failed` if it says so, `timeout`, or a fault of the link.
   */
  callTool(name: string, args: Readonly<Record<string, unknown>>, signal: TurnSignal): Promise<unknown>;
  /** The models that can be asked for now, in a stable order. */
  models(): readonly Model[];
  link(): LinkState;
}
