/**
 * The conversations that workers remember. Each is found again by the digest of all that was said in it, with whatever else its worker's
 * process was started with; the name that a client gives it is part of that. A session is taken by one request at a time, and holds no text.
 */
import { randomUUID } from 'node:crypto';
import type { SessionInfo } from '../../core/port.js';
import type { SessionUse, TurnRequest } from '../../core/request.js';
import type { ReplicaStore } from '../../shared/replica-store.js';
import type { WorkerSet } from '../catalogue.js';
import type { LinkHistory } from '../link/link-history.js';
import type { Turn } from '../turn/turn.js';
import type { Conversation } from './conversation.js';
import { keysOf, type Origin, type SessionKey } from './history-digest.js';
import { SharedSessions } from './shared-sessions.js';

/** How many sessions are kept, in all and of one API key. */
export const MAX_SESSIONS = 1_000;
export const MAX_SESSIONS_PER_KEY = 500;
/** How long a session that no request goes on with is kept, in ms. */
export const IDLE_MS = 30 * 60_000;
/** A claude worker ends a process that was idle for 300 s (src/thrum/README.md, "The claude-cli worker"); ours counts as gone sooner. */
const PROCESS_IDLE_MS = 285_000;
/** The same worker keeps so many processes: as many newer ones may have ended an older one. */
const PROCESSES = 8;

interface Kept {
  readonly conversation: Conversation;
  readonly turn: Turn;
  readonly key: SessionKey;
  /** The model's own session id, if the worker told it. */
  readonly nestId: string | undefined;
  readonly linkLife: number;
  readonly workers: WorkerSet;
  /** How many processes had been started when it was kept. */
  readonly starts: number;
  /** When its turn ended, in ms on the monotonic clock: its process is idle from then on. */
  readonly endedAt: number;
  /** When it could last be gone on with anew, in ms on the same clock. */
  readonly since: number;
  /** True if other replicas may be able to take it. */
  isShared: boolean;
}

/** What a request goes on with. */
interface Taken {
  /** By what it was found. */
  readonly key: SessionKey;
  /** Undefined where its turn is over, and it is resumed. */
  readonly kept: Kept | undefined;
}

/** A session that a request goes on with. */
export interface Session {
  readonly conversation: Conversation;
  /** Its kept turn; undefined where the session is to be resumed under a fresh sid. */
  readonly turn: Turn | undefined;
  /** The model's own id of it; always there where it is to be resumed. */
  readonly nestId: string | undefined;
}

/** What was found for a request that goes on with a conversation. */
export interface Found {
  readonly use: SessionUse;
  /** Undefined: all of the conversation has to be sent. */
  readonly session: Session | undefined;
}

type FreshReason = (SessionUse & { readonly how: 'fresh' })['reason'];

export interface ConversationsOptions {
  /** What replicas share; absent where there are none. */
  readonly replicas: ReplicaStore | undefined;
  readonly link: LinkHistory;
  /** Which workers serve a model now. */
  workersOf(modelId: string): WorkerSet;
}

export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #shared: SharedSessions | undefined;
  /** By the digests of their keys, the longest idle first; two conversations may be the same word for word. */
  readonly #kept = new Map<string, Kept[]>();
  readonly #bySid = new Map<string, Kept>();
  readonly #running = new Map<Conversation, Turn>();
  /** What requests go on with that run now. */
  readonly #taken = new Map<Conversation, Taken>();
  readonly #perKey = new Map<string | undefined, number>();
  #starts = 0;

  constructor(options: ConversationsOptions) {
    this.#options = options;
    this.#shared = options.replicas && new SharedSessions(options.replicas);
    this.#shared?.onTaken((sid) => this.#bySid.get(sid)?.turn.giveUp());
  }

  /** The conversation of a request that begins one. */
  begin(request: TurnRequest, { modelId: model }: Origin): Conversation {
    const { caller, sessionHint, nextSessionHint } = request;
    const name = sessionHint ?? nextSessionHint;
    const startedAt = performance.now();
    return { id: randomUUID(), keyId: caller?.keyId, model, name, startedAt, turns: 0, isDeleted: false };
  }

  /** A process was started, for whichever conversation: the worker may have ended an older one for it. */
  started(): void {
    this.#starts++;
  }

  /**
   * Takes the session that a request may go on with: no other request finds it any more. Never rejects.
   * @param mayEndProcesses true for a worker that ends processes that are idle, or too many
   */
  async take(
    request: TurnRequest,
    origin: Origin,
    key: SessionKey,
    mayEndProcesses: boolean,
  ): Promise<Found> {
    const { sessionHint } = request;
    const kept = this.#remove(this.#kept.get(key.digest)?.at(-1));
    const why = kept === undefined ? this.#reasonOfMiss(key) : 'unknown-history';
    if (kept !== undefined) this.#taken.set(kept.conversation, { key, kept });
    if (this.#shared !== undefined && (sessionHint !== undefined || kept?.isShared === true)) {
      const taken = await this.#shared.take(key.digest, kept);
      if (taken !== 'own') {
        if (kept !== undefined) this.#letGo(kept);
        if (taken === 'gone') return fresh(kept === undefined ? why : 'busy');
        const conversation = { ...this.begin(request, origin), turns: taken.turns };
        this.#taken.set(conversation, { key, kept: undefined });
        const session = { conversation, turn: undefined, nestId: taken.nestId };
        return { use: { how: 'resumed', reason: 'replica' }, session };
      }
    }
    if (kept === undefined) return fresh(why);
    const { conversation, turn, nestId } = kept;
    const reason = this.#reasonToResume(kept, origin.modelId, mayEndProcesses);
    if (reason === undefined) {
      const use = { how: 'delta', reason: sessionHint === undefined ? 'history' : 'named' } as const;
      return { use, session: { conversation, turn, nestId } };
    }
    this.#letGo(kept);
    if (reason === 'other-workers') return fresh('roster');
    if (reason === 'other-humd') return fresh('link');
    if (nestId !== undefined) {
      this.#taken.set(conversation, { key, kept: undefined });
      return { use: { how: 'resumed', reason }, session: { conversation, turn: undefined, nestId } };
    }
    return fresh(reason === 'link' || reason === 'roster' ? reason : 'unknown-history');
  }

  /** A turn of a conversation goes out. */
  run(conversation: Conversation, turn: Turn): void {
    conversation.turns++;
    turn.conversation = conversation;
    this.#running.set(conversation, turn);
  }

  /** The turn of a conversation is thrown away, and the conversation goes on with another one. */
  detach(turn: Turn): void {
    const { conversation } = turn;
    if (conversation === undefined) return;
    // All of its answer may have come before it was seen to be void.
    const kept = this.#bySid.get(turn.sid);
    if (kept?.turn === turn) this.#unshare(this.#remove(kept));
    conversation.turns--;
    this.#running.delete(conversation);
  }

  /**
   * A turn has ended so that a next request can go on with it. Resolves when other replicas can, where there are any; undefined: there is
   * nothing to wait for.
   */
  keep(turn: Turn, key: SessionKey, modelId: string): Promise<void> | undefined {
    const { conversation } = turn;
    if (conversation === undefined) return undefined;
    this.forget(conversation);
    if (conversation.isDeleted) {
      turn.giveUp();
      return undefined;
    }
    const now = performance.now();
    const kept: Kept = {
      conversation,
      turn,
      key,
      nestId: turn.nestId,
      linkLife: this.#options.link.current,
      workers: this.#options.workersOf(modelId),
      starts: this.#starts,
      endedAt: now,
      since: now,
      isShared: false,
    };
    this.#add(kept);
    return this.#share(kept);
  }

  /** The request that took a session has failed before it sent anything, which has changed nothing: the session can still be gone on with. */
  putBack(conversation: Conversation): void {
    const kept = this.#taken.get(conversation)?.kept;
    this.forget(conversation);
    if (kept?.turn.state.at !== 'kept') return;
    if (conversation.isDeleted) {
      kept.turn.giveUp();
      return;
    }
    const again = { ...kept, since: performance.now() };
    this.#add(again);
    kept.turn.whenShared = this.#share(again);
  }

  /** Forgets a turn, which will not be gone on with. */
  drop(turn: Turn): void {
    const kept = this.#bySid.get(turn.sid);
    if (kept?.turn === turn) this.#remove(kept);
    const { conversation } = turn;
    if (conversation !== undefined && this.#running.get(conversation) === turn) this.forget(conversation);
  }

  /** Gives up the session that has been idle longest of those that `isMeant` says; false if there is none. */
  giveUpOldest(isMeant: (turn: Turn) => boolean): boolean {
    for (const kept of this.#bySid.values()) {
      if (!isMeant(kept.turn)) continue;
      this.#letGo(kept);
      return true;
    }
    return false;
  }

  /** Gives up what has been idle for too long. @param now in ms on the monotonic clock */
  sweep(now: number): void {
    for (const kept of this.#bySid.values()) {
      if (now - kept.since < IDLE_MS) break;
      this.#letGo(kept);
    }
  }

  /** The one used last first. */
  list(): readonly SessionInfo[] {
    const now = performance.now();
    const running = this.#inUse().map((conversation) => {
      const isParked = this.#running.get(conversation)?.state.at === 'parked';
      return toInfo(conversation, now, 0, isParked ? 'parked' : 'running');
    });
    const kept = [...this.#bySid.values()].map(({ conversation, since }) =>
      toInfo(conversation, now, now - since, 'kept'),
    );
    return [...running.reverse(), ...kept.reverse()];
  }

  /** Forgets a conversation; one that runs is answered to its end. False: this key has no such one. */
  delete(id: string, keyId: string | undefined): boolean {
    const isMeant = (conversation: Conversation) => conversation.id === id && conversation.keyId === keyId;
    for (const kept of this.#bySid.values()) {
      if (!isMeant(kept.conversation)) continue;
      this.#unshare(kept);
      this.#letGo(kept);
      return true;
    }
    const conversation = this.#inUse().find(isMeant);
    if (conversation === undefined) return false;
    conversation.isDeleted = true;
    const turn = this.#running.get(conversation);
    if (turn?.state.at === 'parked') turn.giveUp();
    return true;
  }

  /** Those that requests go on with now, or whose turn runs. */
  #inUse(): Conversation[] {
    return [...new Set([...this.#running.keys(), ...this.#taken.keys()])];
  }

  #add(kept: Kept): void {
    const { keyId } = kept.conversation;
    this.#bySid.set(kept.turn.sid, kept);
    for (const { digest } of keysOf(kept.key)) {
      const same = this.#kept.get(digest);
      if (same === undefined) this.#kept.set(digest, [kept]);
      else same.push(kept);
    }
    const ofKey = (this.#perKey.get(keyId) ?? 0) + 1;
    this.#perKey.set(keyId, ofKey);
    if (ofKey > MAX_SESSIONS_PER_KEY) this.giveUpOldest((turn) => turn.conversation?.keyId === keyId);
    else if (this.#bySid.size > MAX_SESSIONS) this.giveUpOldest(() => true);
  }

  #remove<K extends Kept | undefined>(kept: K): K {
    if (kept === undefined || !this.#bySid.delete(kept.turn.sid)) return kept;
    for (const { digest } of keysOf(kept.key)) {
      const others = this.#kept.get(digest)?.filter((other) => other !== kept) ?? [];
      if (others.length === 0) this.#kept.delete(digest);
      else this.#kept.set(digest, others);
    }
    const { keyId } = kept.conversation;
    const ofKey = (this.#perKey.get(keyId) ?? 1) - 1;
    if (ofKey === 0) this.#perKey.delete(keyId);
    else this.#perKey.set(keyId, ofKey);
    return kept;
  }

  #letGo(kept: Kept): void {
    this.#remove(kept);
    this.#taken.delete(kept.conversation);
    kept.turn.giveUp();
  }

  /** No turn of a conversation runs any more. */
  forget(conversation: Conversation): void {
    this.#running.delete(conversation);
    this.#taken.delete(conversation);
  }

  async #share(kept: Kept): Promise<void> {
    const { conversation, key, turn, nestId } = kept;
    if (this.#shared === undefined || conversation.name === undefined) return;
    const session = { sid: turn.sid, nestId, turns: conversation.turns };
    // Others may be faster than the store's reply.
    kept.isShared = true;
    kept.isShared = await this.#shared.keep(digestsOf(key), session, IDLE_MS);
  }

  /** No other replica can take it any more. */
  #unshare({ isShared, key }: Kept): void {
    if (isShared) void this.#shared?.forget(digestsOf(key));
  }

  /** Undefined: the process that has the session is there, as far as is known. */
  #reasonToResume(kept: Kept, modelId: string, mayEndProcesses: boolean) {
    const { link, workersOf } = this.#options;
    const workers = workersOf(modelId);
    if (!link.isHere(kept.linkLife)) return 'other-humd';
    if (workers.set !== kept.workers.set) return 'other-workers';
    if (kept.linkLife !== link.current) return 'link';
    if (workers.connections !== kept.workers.connections) return 'roster';
    if (!mayEndProcesses) return undefined;
    if (performance.now() - kept.endedAt >= PROCESS_IDLE_MS) return 'idle';
    return this.#starts - kept.starts >= PROCESSES ? 'evicted' : undefined;
  }

  #reasonOfMiss(key: SessionKey): FreshReason {
    for (const taken of this.#taken.values()) if (taken.key.digest === key.digest) return 'busy';
    for (const { key: known } of this.#bySid.values())
      if (keysOf(known).some(({ history }) => history === key.history)) return 'access';
    return 'unknown-history';
  }
}

function digestsOf(key: SessionKey): readonly string[] {
  return keysOf(key).map(({ digest }) => digest);
}

function fresh(reason: FreshReason): Found {
  return { use: { how: 'fresh', reason }, session: undefined };
}

function toInfo(
  conversation: Conversation,
  now: number,
  idleMs: number,
  state: SessionInfo['state'],
): SessionInfo {
  const { id, keyId, model, name, startedAt, turns } = conversation;
  const ageMs = Math.round(now - startedAt);
  return { id, keyId, model, name, ageMs, idleMs: Math.round(idleMs), turns, state };
}
