/** The turns whose client names their conversation: they go on in the session of a worker that remembers it. */
import type { Message, SentWay, TurnRequest } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import type { ReplicaStore } from '../../shared/replica-store.js';
import type { Origin } from './history-digest.js';
import { type KeptSession, KeptSessions } from './kept-sessions.js';
import type { KnownDigests } from './known-digests.js';
import type { LinkLives } from '../link/link-history.js';
import type { OpenedTurn } from '../turn/opened-turn.js';
import type { PromptRoute, PromptSender } from '../turn/prompt-sender.js';
import type { SentTone } from '../link/sent-tone.js';
import { SharedSessions } from './shared-sessions.js';
import { nextSid } from '../turn/sid-source.js';
import { watchAnswer } from './watch-answer.js';
import type { WorkerCells } from './worker-capacity.js';

export interface HintedTurnsOptions {
  readonly hid: string;
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
  readonly createRid: () => string;
  send(tone: SentTone): void;
}

/** What is known of a request that names its conversation. */
export interface Hinted {
  readonly hint: string;
  /** Of the request's prefixes. */
  readonly digests: readonly string[];
  /** What a prompt has to say that says all of the conversation. */
  readonly whole: readonly Message[];
  /** How such a prompt goes out. */
  readonly way: SentWay;
  readonly signal: TurnSignal;
}

export class HintedTurns {
  readonly #options: HintedTurnsOptions;
  readonly #sender: PromptSender;
  readonly #cells: WorkerCells;
  readonly #lives: LinkLives;
  readonly #digests: KnownDigests;
  readonly #kept: KeptSessions;
  readonly #shared: SharedSessions;

  constructor(
    options: HintedTurnsOptions,
    sender: PromptSender,
    cells: WorkerCells,
    lives: LinkLives,
    digests: KnownDigests,
  ) {
    this.#options = options;
    this.#sender = sender;
    this.#cells = cells;
    this.#lives = lives;
    this.#digests = digests;
    const forget = (sid: string) => this.#cleanUp(sid);
    this.#kept = new KeptSessions(forget);
    this.#shared = new SharedSessions(this.#kept, options.replicas, forget);
  }

  /**
   * Sends only what is new, if the rest is exactly what was seen here, else all of the conversation; when the model has
   * answered, its session is kept for the next request. Undefined: another turn has the session, so that this one is to
   * leave no trace. Rejects as `PromptSender.send` does.
   */
  async open(request: TurnRequest, origin: Origin, hinted: Hinted): Promise<OpenedTurn | undefined> {
    const { hint, digests, whole, way, signal } = hinted;
    const { hid } = this.#options;
    const claim = await this.#shared.claim({ hid, keyId: origin.keyId, modelId: origin.modelId, hint });
    if (claim === 'busy') return undefined;
    const { id, kept } = claim;
    if (signal.aborted) {
      await this.#shared.release(id, kept);
      throw signal.reason;
    }
    const onward = kept && this.#findOnward(kept, request.messages, digests);
    if (kept !== undefined && onward === undefined && kept.isElsewhere !== true) this.#cleanUp(kept.sid);
    const known = onward && kept;
    const route = onward ?? {
      messages: whole,
      sid: nextSid(request.caller),
      resume: undefined,
      way,
      isKept: true,
    };
    const opened = await this.#sender.send(request, origin, route, signal).catch(async (error: unknown) => {
      await this.#shared.release(id, known);
      throw error;
    });
    const linkLife = this.#lives.current;
    const events = watchAnswer(opened.events, async (answer) => {
      if (answer === undefined) {
        this.#cleanUp(route.sid);
        await this.#shared.release(id);
        return;
      }
      const said: Message = { role: 'assistant', content: [{ type: 'text', text: answer }], toolCalls: [] };
      await this.#shared.release(id, {
        sid: route.sid,
        digest: this.#digests.withAnswer(origin, request.messages, said),
        nestId: opened.nestId() ?? known?.nestId,
        linkLife,
      });
      this.#cells.becameIdle();
    });
    return { ...opened, events };
  }

  /** Lets go of the session that has been idle longest of those that `isMeant` says; false if there is none. */
  letGoOldest(isMeant: (sid: string) => boolean): boolean {
    return this.#kept.letGoOldest(isMeant);
  }

  /** Lets go of what has been idle for too long. @param now in ms on a monotonic clock */
  sweep(now: number): void {
    this.#kept.purge();
    this.#shared.sweep(now);
  }

  /** The route by which a session is gone on with; undefined if it is not known to remember all but new user messages. */
  #findOnward(
    kept: KeptSession,
    messages: readonly Message[],
    digests: readonly string[],
  ): PromptRoute | undefined {
    const isElsewhere = kept.isElsewhere === true;
    if (!isElsewhere && !this.#lives.isHere(kept.linkLife)) return undefined;
    const known = digests.lastIndexOf(kept.digest);
    if (known === -1) return undefined;
    const news = messages.slice(known);
    if (news.length === 0 || !news.every((message) => message.role === 'user')) return undefined;
    const isForgotten = isElsewhere || kept.linkLife !== this.#lives.current;
    return {
      messages: news,
      sid: kept.sid,
      resume: isForgotten ? kept.nestId : undefined,
      way: 'session',
      isKept: true,
    };
  }

  /** Nobody goes on with this session any more. */
  #cleanUp(sid: string): void {
    this.#options.send({ chi: 'cleanup', rid: this.#options.createRid(), sid });
    this.#cells.free(sid);
  }
}
