/** What the HTTP surfaces may ask of the side that talks to models: turns, sessions, and what is known of the mesh. */
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

/** A conversation that a worker remembers, as far as its owner may see it: no text of it. */
export interface SessionInfo {
  /** Ours, random: not the sid, by which the wire knows it. */
  readonly id: string;
  /** Of the key that it belongs to; undefined where no key is asked for. */
  readonly keyId: string | undefined;
  /** The name that humd knows the model by. */
  readonly model: string;
  /** What its client calls it; undefined for one that is found by its history alone. */
  readonly name: string | undefined;
  /** Since its first turn began, in ms. */
  readonly ageMs: number;
  /** Since its last turn ended, in ms; 0 while one runs. */
  readonly idleMs: number;
  /** How many turns it has had, the one that runs included. */
  readonly turns: number;
  /** `kept`: a next request may go on with it. `running`: a client reads an answer. `parked`: the worker waits for tool results. */
  readonly state: 'kept' | 'running' | 'parked';
}

/** The conversations that workers remember for this process. */
export interface Sessions {
  /** The one used last first. */
  sessions(): readonly SessionInfo[];
  /**
   * Forgets a session: no request goes on with it any more, and its worker is told so. One that is parked is given up; one that runs is
   * answered to its end and not kept. The worker's own record of it stays.
   *
   * @returns false: this key has no such session
   */
  deleteSession(id: string, keyId: string | undefined): boolean;
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
