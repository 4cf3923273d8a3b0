/**
 * Decides how a request goes out: its results to the worker that is parked for them, its new messages to a session that
 * remembers the others, or, which always works, the whole conversation as a transcript under a fresh sid.
 */
import type { Event } from '../conversation/event.js';
import { Fault } from '../conversation/fault.js';
import { fitHistory } from '../conversation/fit-history.js';
import type { Model } from '../conversation/model.js';
import type { Message, SentWay, TurnRequest } from '../conversation/request.js';
import type { TurnSignal } from '../conversation/turn-signal.js';
import type { ReplicaStore } from '../replicas/replica-store.js';
import { encodeOffLoop, isLarge } from './encode-off-loop.js';
import { callsDigest, type Origin, originOf } from './history-digest.js';
import { KeptSessions } from './kept-sessions.js';
import { KnownDigests } from './known-digests.js';
import { markOf, type ParkedLimits, ParkedTurns } from './parked-turns.js';
import { toPrompt } from './prompt-tone.js';
import { Replays } from './replays.js';
import { ResultWays, type ToolResultsSetting } from './result-ways.js';
import type { SentTone } from './sent-tone.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';
import { SharedSessions } from './shared-sessions.js';
import { SidSource } from './sid-source.js';
import type { TurnFacts } from './tone-reader.js';
import { type Continuation, findContinuation, matchResults, type RoutedResult } from './tool-results.js';
import { watchAnswer } from './watch-answer.js';
import { WorkerCells, type WorkerLimits } from './worker-cells.js';

export interface TurnLimits extends ParkedLimits, WorkerLimits {
  readonly toolResults: ToolResultsSetting;
  /** Tell a client, as reasoning, what tools run on the worker's side. */
  readonly showWorkerTools: boolean;
}

export interface TurnOpenerOptions {
  /** Read at each use. */
  readonly limits: TurnLimits;
  readonly hive: string;
  readonly hid: string;
  /** Names of the tools in our hello: humd routes results by them. */
  readonly declaredTools: ReadonlySet<string>;
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
  readonly createRid: () => string;
  send(tone: SentTone): void;
  /** From now on the tones of `sid` are about this request. */
  onSid(sid: string, request: TurnRequest): void;
  /** The kinds of the workers of this model. */
  workerKindsOf(modelId: string): readonly string[];
  /** True if every worker of this model remembers its sessions. */
  isStateful(modelId: string): boolean;
  /** The one worker of this model, if there is just one. */
  onlyWorkerOf(modelId: string): string | undefined;
}

/** A turn that has begun. */
export interface OpenedTurn {
  readonly events: AsyncIterable<readonly Event[]>;
  /** Characters that the model was given to read. */
  readonly promptCharacters: number;
  /** The client has left. */
  leave(): void;
  /** The model's own session id, once the worker has told it. */
  nestId(): string | undefined;
}

/** The model that a request is for: what humd calls it, and its card where it is known. */
export interface Target {
  readonly modelId: string;
  readonly card: Model['card'] | undefined;
}

/** What is known of a request that names its conversation. */
interface Hinted {
  readonly hint: string;
  /** Of its prefixes. */
  readonly digests: readonly string[];
  readonly signal: TurnSignal;
}

/** One way out: the prompt's messages, and the sid and nest that they go to. */
interface Route {
  readonly messages: readonly Message[];
  readonly sid: string;
  readonly resume?: string;
  readonly way: SentWay;
}

/** How a prompt leaves. */
interface Departure {
  readonly isKept: boolean;
  /** The life of the link that it is meant for. */
  readonly linkLife: number;
  readonly signal: TurnSignal;
}

export class TurnOpener {
  readonly #options: TurnOpenerOptions;
  readonly #sessions: Sessions;
  readonly #parked: ParkedTurns;
  readonly #kept: KeptSessions;
  readonly #hinted: SharedSessions;
  readonly #replays: Replays;
  readonly #ways: ResultWays;
  readonly #cells: WorkerCells;
  readonly #digests = new KnownDigests();
  readonly #sids = new SidSource();
  /** Counts the lives of the link: a session of an earlier one has to be resumed. */
  #linkLife = 0;
  /** The first life of the link to this humd: another one's workers remember nothing from here. */
  #lifeOfMove = 0;

  constructor(options: TurnOpenerOptions, sessions: Sessions) {
    this.#options = options;
    this.#sessions = sessions;
    this.#parked = new ParkedTurns(options.limits);
    this.#kept = new KeptSessions((sid) => this.#cleanUp(sid));
    this.#hinted = new SharedSessions(this.#kept, options.replicas, (sid) => this.#cleanUp(sid));
    this.#replays = new Replays(options.replicas, (mark) => this.#parked.abandon(mark));
    this.#ways = new ResultWays(options.limits);
    this.#cells = new WorkerCells({
      limits: options.limits,
      kindsOf: (modelId) => options.workerKindsOf(modelId),
      letGoKept: (isMeant) => this.#kept.letGoOldest(isMeant),
      endParked: (isMeant) => this.#parked.cancelOldest(isMeant),
    });
  }

  get parkedTurns(): number {
    return this.#parked.count;
  }

  /** The link is gone: what was learned of it and what was parked on it is void. */
  onLost(): void {
    this.#linkLife++;
    this.#ways.forget();
  }

  /** The link is up to another humd than before. */
  onMove(): void {
    this.#lifeOfMove = this.#linkLife;
  }

  onPhase({ sid, phase }: Session): void {
    if (phase !== 'parked') this.#parked.remove(sid);
    switch (phase) {
      case 'running':
        break;
      case 'parked':
        this.#cells.becameIdle();
        break;
      case 'settling':
        this.#cells.leaving(sid);
        break;
      case 'over':
        this.#cells.over(sid);
        break;
      default:
        phase satisfies never;
    }
  }

  onSweep(now: number): void {
    this.#parked.sweep(now);
    this.#kept.purge();
    this.#hinted.sweep(now);
  }

  /** How many turns wait for a worker that has room for them. */
  get waitingTurns(): number {
    return this.#cells.waiting;
  }

  /** Rejects with `context-too-long`, `busy` if no worker has room in time, `link-down`, or the signal's reason. */
  async open(request: TurnRequest, target: Target, signal: TurnSignal): Promise<OpenedTurn> {
    const { modelId, card } = target;
    const fitted = card ? fitHistory(request, card.contextLength) : request.messages;
    const origin = originOf(request, modelId);
    const continuation = findContinuation(request);
    const needsMark = continuation !== undefined && (this.#parked.count > 0 || this.#replays.isShared);
    const needsDigests = needsMark || this.#parked.count > 0 || request.sessionHint !== undefined;
    // With tools they may be needed at the end of the turn, when nothing can wait for them.
    if ((needsDigests || request.tools.length > 0) && isLarge([request.system, request.messages]))
      await this.#digests.learn(origin, request.messages, signal);
    const digests = needsDigests ? this.#digests.of(origin, request.messages) : [];
    const mark = needsMark ? markOf(continuation, origin, digests) : undefined;
    const turn = mark && this.#parked.take(mark);
    if (mark && !turn) this.#replays.announce(mark);
    this.#parked.leaveBehind(digests);
    if (turn && continuation) {
      const routed = await this.#route(turn.session, request, continuation, origin, signal);
      signal.throwIfAborted();
      if (routed) return routed;
    }
    if (request.sessionHint !== undefined && this.#options.isStateful(modelId)) {
      return this.#openKept(request, fitted, origin, { hint: request.sessionHint, digests, signal });
    }
    return this.#prompt(request, origin, this.#wholeOf(request, fitted), false, signal);
  }

  /** Hands results to the parked worker. Undefined if they do not reach it: then they have to be replayed. */
  async #route(
    session: Session,
    request: TurnRequest,
    continuation: Continuation,
    origin: Origin,
    signal: TurnSignal,
  ): Promise<OpenedTurn | undefined> {
    const results = matchResults(session.calls, continuation);
    const isDeclared = this.#areDeclared(session);
    const waitMs = this.#ways.waitMs(isDeclared);
    if (results === undefined || waitMs === undefined) {
      session.leave();
      return undefined;
    }
    const tones = await this.#toResultTones(session.sid, results, signal).catch((error: unknown) => {
      session.leave();
      throw error;
    });
    const promptCharacters = results.reduce((sum, { output }) => sum + output.length, 0);
    const facts = this.#factsOf(request, promptCharacters);
    const onCalls = (closed: Session) => this.#onCalls(closed, request, origin);
    const events = this.#sessions.resume(session, facts, onCalls);
    const heard = session.hearsWithin(waitMs);
    this.#options.onSid(session.sid, request);
    for (const tone of tones) this.#options.send(tone);
    const isRouted = await heard;
    this.#ways.learn(isDeclared, isRouted ? 'route' : 'replay');
    if (isRouted) {
      request.onSent?.(session.sid, 'route');
      return { events, promptCharacters, leave: () => events.leave(), nestId: () => session.nestId };
    }
    session.leave();
    return undefined;
  }

  async #toResultTones(
    sid: string,
    results: readonly RoutedResult[],
    signal: TurnSignal,
  ): Promise<readonly SentTone[]> {
    const tones: SentTone[] = [];
    for (const { call, output, isError } of results) {
      const rid = this.#options.createRid();
      // Workers read `output` first, older ones know only `result` (spec/thrum.md).
      const answer = { callId: call.id, toolName: call.name, result: output, output, isError };
      const tone = { chi: 'tool-result', rid, sid, ...answer };
      tones.push(isLarge(output) ? await encodeOffLoop(tone, signal) : tone);
    }
    return tones;
  }

  /** With a hint and a worker that remembers: only what is new goes out, if the rest is exactly what was seen here. */
  async #openKept(
    request: TurnRequest,
    fitted: readonly Message[],
    origin: Origin,
    { hint, digests, signal }: Hinted,
  ): Promise<OpenedTurn> {
    const { hid } = this.#options;
    const claim = await this.#hinted.claim({ hid, keyId: origin.keyId, modelId: origin.modelId, hint });
    if (claim === 'busy') return this.#prompt(request, origin, this.#wholeOf(request, fitted), false, signal);
    const { id, kept } = claim;
    if (signal.aborted) {
      await this.#hinted.release(id, kept);
      throw signal.reason;
    }
    const isElsewhere = kept?.isElsewhere === true;
    const isHere = kept !== undefined && (isElsewhere || kept.linkLife >= this.#lifeOfMove);
    const known = isHere ? digests.lastIndexOf(kept.digest) : -1;
    const news = known === -1 ? [] : request.messages.slice(known);
    const goesOn = kept !== undefined && news.length > 0 && news.every((message) => message.role === 'user');
    if (kept !== undefined && !goesOn && !isElsewhere) this.#cleanUp(kept.sid);
    const resume = goesOn && (isElsewhere || kept.linkLife !== this.#linkLife) ? kept.nestId : undefined;
    const route: Route = goesOn
      ? { messages: news, sid: kept.sid, way: 'session', ...(resume === undefined ? {} : { resume }) }
      : this.#wholeOf(request, fitted);
    const opened = await this.#prompt(request, origin, route, true, signal).catch(async (error: unknown) => {
      await this.#hinted.release(id, goesOn ? kept : undefined);
      throw error;
    });
    const linkLife = this.#linkLife;
    const events = watchAnswer(opened.events, async (answer) => {
      if (answer === undefined) {
        this.#cleanUp(route.sid);
        await this.#hinted.release(id);
        return;
      }
      const said: Message = { role: 'assistant', content: [{ type: 'text', text: answer }], toolCalls: [] };
      const digest = this.#digests.withAnswer(origin, request.messages, said);
      await this.#hinted.release(id, {
        sid: route.sid,
        digest,
        nestId: opened.nestId() ?? (goesOn ? kept.nestId : undefined),
        linkLife,
      });
      this.#cells.becameIdle();
    });
    return { ...opened, events };
  }

  /** All of the conversation, under a sid of its own. */
  #wholeOf(request: TurnRequest, messages: readonly Message[]): Route {
    const way = findContinuation(request) === undefined ? 'prompt' : 'replay';
    return { messages, sid: this.#sids.next(request.caller), way };
  }

  /** A sid that has no cell yet waits for one, and gives it back if nothing is sent. */
  async #prompt(
    request: TurnRequest,
    origin: Origin,
    route: Route,
    isKept: boolean,
    signal: TurnSignal,
  ): Promise<OpenedTurn> {
    const { sid } = route;
    const hasCell = this.#cells.holds(sid);
    const linkLife = this.#linkLife;
    await this.#cells.take(sid, origin.modelId, signal);
    try {
      return await this.#sendPrompt(request, origin, route, { isKept, linkLife, signal });
    } catch (error) {
      if (!hasCell) this.#cells.free(sid);
      throw error;
    }
  }

  /** Rejects with `link-down` if the link broke meanwhile. */
  async #sendPrompt(
    request: TurnRequest,
    origin: Origin,
    { messages, sid, resume, way }: Route,
    { isKept, linkLife, signal }: Departure,
  ): Promise<OpenedTurn> {
    const rid = this.#options.createRid();
    const address = { rid, sid, hive: this.#options.hive, modelId: origin.modelId };
    const { system, tools, sampling } = request;
    const prompt = await toPrompt({ system, messages, tools, sampling }, address, resume, signal);
    signal.throwIfAborted();
    if (this.#linkLife !== linkLife) throw linkBroke();
    if (isKept) this.#cells.keep(sid);
    this.#options.onSid(sid, request);
    request.onSent?.(sid, way);
    const session = this.#sessions.open({
      sid,
      rid,
      facts: this.#factsOf(request, prompt.characters),
      prompt: prompt.tone,
      worker: this.#options.onlyWorkerOf(origin.modelId),
      onCalls: (closed) => this.#onCalls(closed, request, origin),
      isKept,
    });
    const { events } = session;
    const promptCharacters = prompt.characters;
    return { events, promptCharacters, leave: () => events.leave(), nestId: () => session.nestId };
  }

  /** Parks a turn that was closed on its calls, unless results are known not to reach its worker. */
  #onCalls(session: Session, request: TurnRequest, origin: Origin): 'parked' | 'settling' {
    if (this.#ways.waitMs(this.#areDeclared(session)) === undefined) return 'settling';
    const prefix = this.#digests.of(origin, request.messages).at(-1) ?? '';
    this.#parked.add({
      session,
      keyId: origin.keyId,
      modelId: origin.modelId,
      prefix,
      withCalls: callsDigest(prefix, session.calls),
      size: session.calls.reduce((sum, call) => sum + call.input.length, 0),
      parkedAt: performance.now(),
    });
    return 'parked';
  }

  #areDeclared(session: Session): boolean {
    return session.calls.every((call) => this.#options.declaredTools.has(call.name));
  }

  #factsOf(request: TurnRequest, promptCharacters: number): TurnFacts {
    return {
      model: request.model,
      toolNames: new Set(request.tools.map((tool) => tool.name)),
      promptCharacters,
      showWorkerTools: this.#options.limits.showWorkerTools,
    };
  }

  #cleanUp(sid: string): void {
    this.#options.send({ chi: 'cleanup', rid: this.#options.createRid(), sid });
    this.#cells.free(sid);
  }
}

function linkBroke(): Fault {
  return new Fault('link-down', 'the link to humd broke before the request was sent', {
    retryAfterSeconds: 1,
  });
}
