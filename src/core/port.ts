/** What the HTTP surfaces may ask of the side that talks to models: turns, and what is known of the mesh. */
import type { Event } from './event.js';
import type { Model, ModelLookup, Respelling } from './model.js';
import type { TurnRequest } from './request.js';
import type { TurnSignal } from './abort.js';
import type { RightsSetting } from './rights.js';

/** Where the link to humd stands. */
export type LinkState = 'up' | 'down';

export interface Turns {
  /**
   * Runs one turn. Nothing begins before the first batch is asked for. Events come in batches, one per read of the socket;
   * the last event of the last batch is a `finish` or a `fault`, and nothing throws. Aborting `signal` (the client left)
   * cancels the turn and ends the iteration without an end event.
   */
  turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]>;
}

export interface Mesh {
  /** The models that can be asked for now, in a stable order. */
  models(): readonly Model[];
  /** Looks up the model that a client means in what is known now; undefined for a name that means nothing. */
  findModel(asked: string, respell?: Respelling): ModelLookup;
  /**
   * Looks up the model that a client means, once for each request. At once where the name is known and served; otherwise waits for
   * the link, and has the list of workers read afresh before the name counts as unknown, or as known and not served. Never rejects.
   *
   * @param respell for names that are not found as they are
   */
  resolveModel(asked: string, signal: TurnSignal, respell?: Respelling): ModelLookup | Promise<ModelLookup>;
  link(): LinkState;
  /**
   * Calls a tool that another bee offers to the mesh. Resolves with its result, JSON text already parsed. Rejects with
   * `not-offered` if no bee offers it, `tool-failed` if its result is an error, `timeout`, or a fault of the link.
   */
  callTool(name: string, args: Readonly<Record<string, unknown>>, signal: TurnSignal): Promise<unknown>;
}

/** What a client says, and may say, of its rights. */
export interface RightsClaim {
  /** What goes with the API key that it showed. */
  readonly key?: RightsSetting | undefined;
  /** The folder that it wants the worker to work in, as it wrote it. */
  readonly cwd?: string | undefined;
}

/**
 * The request with what its worker may do, and with the system text of requests that have none. At once where no folder is to be
 * looked at. Throws or rejects with `bad-request` for a folder that the client may not name, and with `folder-missing`.
 */
export type GrantRights = (request: TurnRequest, claim: RightsClaim) => TurnRequest | Promise<TurnRequest>;
