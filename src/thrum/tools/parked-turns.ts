/** The turns whose worker waits for tool results, found again by the ids of their calls or by the conversation before them. */
import { callsDigest } from '../../core/history-digest.js';
import type { Message } from '../../core/request.js';
import { beginningOf } from '../turn/beginning.js';
import { isIssuedCallId } from '../turn/call-ids.js';
import type { Turn } from '../turn/turn.js';
import type { Continuation } from './tool-results.js';

export interface ParkedTurn {
  readonly turn: Turn;
  readonly keyId: string | undefined;
  readonly modelId: string;
  /** Those that the client knows. */
  readonly callIds: readonly string[];
  /** Digest of all messages before the calls. */
  readonly prefix: string;
  /** Digest of the same and the calls. */
  readonly withCalls: string;
  /** The beginning of what the model said before the calls. */
  readonly beginning: string;
  /** Characters of the calls' inputs. */
  readonly size: number;
}

/** What a parked turn is recognised by. */
export interface ParkedMark {
  readonly keyId?: string | undefined;
  readonly modelId: string;
  /** The ids of the calls that there are results for; empty if the client has lost them. */
  readonly callIds: readonly string[];
  /** Digest of the conversation before the calls, and of the calls. */
  readonly withCalls: string;
  /** The beginning of what the model said before them; '' or undefined for a client that has not kept it. */
  readonly beginning?: string | undefined;
}

/** Read at each use. */
export interface ParkedLimits {
  readonly maxParkedTurns: number;
  readonly maxParkedBytes: number;
}

/** A worker waits 300 s for a result; ours ends sooner, so that no result goes to a worker that has given up. */
export const PARK_MS = 290_000;

/** Bounded by count and size: the oldest goes first, and is given up. */
export class ParkedTurns {
  readonly #limits: ParkedLimits;
  /** By sid, the oldest first. */
  readonly #turns = new Map<string, ParkedTurn>();
  readonly #byCallId = new Map<string, ParkedTurn>();
  #size = 0;

  constructor(limits: ParkedLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#turns.size;
  }

  /** Takes a turn in, and gives up older ones for it where that is needed. False: it is too large ever to be parked. */
  add(parked: ParkedTurn): boolean {
    const { maxParkedTurns, maxParkedBytes } = this.#limits;
    if (parked.size > maxParkedBytes || maxParkedTurns < 1) return false;
    for (const oldest of this.#turns.values()) {
      if (this.#turns.size < maxParkedTurns && this.#size + parked.size <= maxParkedBytes) break;
      oldest.turn.giveUp();
    }
    this.#turns.set(parked.turn.sid, parked);
    for (const id of parked.callIds) this.#byCallId.set(id, parked);
    this.#size += parked.size;
    return true;
  }

  /** Forgets a turn that is no longer parked, or whose results a request has brought. */
  remove(turn: Turn): void {
    const parked = this.#turns.get(turn.sid);
    if (parked === undefined) return;
    this.#turns.delete(turn.sid);
    for (const id of parked.callIds) this.#byCallId.delete(id);
    this.#size -= parked.size;
  }

  /**
   * The turn that results belong to. Ids that a bridge issued decide alone: the turn of this key with exactly these calls, or none.
   * Where the client has lost or rewritten the ids, the conversation and the calls decide: the one turn of this key and model that
   * has them. Anything but one match is none: the results are to be replayed.
   */
  find(mark: ParkedMark): ParkedTurn | undefined {
    const issued = mark.callIds.filter(isIssuedCallId);
    if (issued.length > 0) {
      const [first, ...others] = new Set(issued.map((id) => this.#byCallId.get(id)));
      return others.length === 0 && first?.keyId === mark.keyId ? first : undefined;
    }
    const found = [...this.#turns.values()].filter(
      ({ keyId, modelId, withCalls, beginning }) =>
        keyId === mark.keyId &&
        modelId === mark.modelId &&
        withCalls === mark.withCalls &&
        hasBeginning({ beginning }, mark),
    );
    return found.length === 1 ? found[0] : undefined;
  }

  /** Gives up the turn that results belong to: they are replayed elsewhere. */
  abandon(mark: ParkedMark): void {
    this.find(mark)?.turn.giveUp();
  }

  /**
   * A request goes on without bringing results for a turn: that turn is given up. It is the one whose calls the history answers,
   * by their ids; else the oldest one whose conversation is the beginning of this one.
   * @param digests those of the request's prefixes
   */
  leaveBehind(keyId: string | undefined, messages: readonly Message[], digests: readonly string[]): void {
    if (this.giveUpAnswered(keyId, messages)) return;
    const prefixes = new Set(digests);
    for (const { turn, prefix } of this.#turns.values()) {
      if (!prefixes.has(prefix)) continue;
      turn.giveUp();
      return;
    }
  }

  /** Gives up the turns of this key whose calls are answered in `messages`, by their ids. False: there are none. */
  giveUpAnswered(keyId: string | undefined, messages: readonly Message[]): boolean {
    const answered = new Set<ParkedTurn>();
    for (const message of messages) {
      const id = message.role === 'tool' ? message.toolCallId : undefined;
      const parked = id === undefined ? undefined : this.#byCallId.get(id);
      if (parked !== undefined && parked.keyId === keyId) answered.add(parked);
    }
    for (const { turn } of answered) turn.giveUp();
    return answered.size > 0;
  }

  /** Gives up the oldest turn of those that `isMeant` says. */
  giveUpOldest(isMeant: (sid: string) => boolean): void {
    for (const { turn } of this.#turns.values()) {
      if (!isMeant(turn.sid)) continue;
      turn.giveUp();
      return;
    }
  }
}

/** Some clients send calls back without what was said with them. */
export function hasBeginning(
  parked: Pick<ParkedTurn, 'beginning'>,
  { beginning }: Pick<ParkedMark, 'beginning'>,
): boolean {
  return beginning === undefined || beginning === '' || beginning === parked.beginning;
}

/** The mark of the turn that a continuation belongs to. `digests` are those of the request's prefixes. */
export function markOf(
  { prefixLength, calls, texts, results }: Continuation,
  { keyId, modelId }: { readonly keyId: string | undefined; readonly modelId: string },
  digests: readonly string[],
): ParkedMark {
  return {
    keyId,
    modelId,
    callIds: results.flatMap((result) => result.toolCallId ?? []),
    withCalls: callsDigest(digests[prefixLength] ?? '', calls),
    beginning: beginningOf(texts),
  };
}
