/**
 * Decides how a request goes out: its results to the worker that waits for them, its new messages to a session that remembers the
 * others, or, which always works, the whole conversation under a fresh sid. The turns that it opens own their sids; this file owns
 * the order.
 */
import { randomUUID } from 'node:crypto';
import type { TurnSignal } from '../../core/abort.js';
import type { Event } from '../../core/event.js';
import { isEnd } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import { estimateCharacters, inputCharacters, toolCharacters } from '../../core/estimate-tokens.js';
import { fitHistory } from '../../core/fit-history.js';
import { callsDigest } from '../../core/history-digest.js';
import { currentOriginal } from '../../core/original-chat.js';
import { foundModel, type Model } from '../../core/model.js';
import type { SessionInfo } from '../../core/port.js';
import type { Message, PromptKind, TurnRequest } from '../../core/request.js';
import type { ReplicaStore } from '../../shared/replica-store.js';
import type { SentTone } from '../link/tone-codec.js';
import { LinkHistory } from '../link/link-history.js';
import { ContinuedSessions } from '../sessions/continued-sessions.js';
import type { KeptSession, SessionClaim } from '../sessions/kept-session.js';
import {
  accessKey,
  digestWithAnswer,
  learnDigests,
  originOf,
  prefixDigests,
} from '../sessions/history-digest.js';
import { SharedSessions } from '../sessions/shared-sessions.js';
import { WorkerCapacity, type WorkerLimits } from '../sessions/worker-capacity.js';
import {
  areDeclared,
  type ContinueLimits,
  type ContinueOptions,
  continueParkedTurn,
  ReplayNotices,
  ResultRoutes,
} from '../tools/continue-parked-turn.js';
import { markOf, PARK_MS, type ParkedLimits, type ParkedMark, ParkedTurns } from '../tools/parked-turns.js';
import { toErrorResult } from '../tools/mesh-tools.js';
import { mayReachClaude, type ToolAccess } from '../tools/tool-access.js';
import { type Continuation, findContinuation } from '../tools/tool-results.js';
import {
  fitsArgument,
  makeBody,
  type PromptBody,
  type PromptChat,
  type PromptContent,
  toPromptTone,
} from './prompt-tone.js';
import { isIssuedCallId } from './call-ids.js';
import { toChatSettings } from './chat-settings.js';
import type { TurnFacts } from './read-tones.js';
import type { Opened, Turn } from './turn.js';
import type { Effect } from './turn-state.js';
import type { LinkTurns } from './turns.js';

/** Read at each use. */
export interface OpenTurnLimits extends ParkedLimits, WorkerLimits, ContinueLimits {
  /** Tell a client, as reasoning, what tools run on the worker's side. */
  readonly showWorkerTools: boolean;
  /** Whether clients' texts are kept from the commands of a claude worker's process. */
  readonly defuseText?: boolean;
}

export interface TurnOpenerOptions {
  readonly limits: OpenTurnLimits;
  readonly hive: string;
  readonly hid: string;
  readonly createRid: () => string;
  send(tone: SentTone): void;
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
  /** Which tools stand in our hello, and what workers may call. */
  readonly tools: ToolAccess;
  /** True for a name that stands in our hello: humd routes its results. */
  isDeclared(meshName: string): boolean;
  /** From now on the tones of `sid` are about this request. */
  onSid(sid: string, request: TurnRequest): void;
  /** The one worker of this model, if there is just one. */
  onlyWorkerOf(modelId: string): string | undefined;
  /** The kinds of the workers of this model. */
  workerKindsOf(modelId: string): readonly string[];
  /** True if every worker of this model remembers its sessions. */
  isStateful(modelId: string): boolean;
  /** Changes whenever the set of workers of this model does: a session that one of them remembers is void then. */
  workersKeyOf(modelId: string): string;
}

/** The model that a request is for: what humd calls it, and its card where it is known. */
export interface Target {
  readonly modelId: string;
  readonly card: Model['card'] | undefined;
}

/** A turn that has begun, as its client sees it. */
export interface OpenedTurn {
  readonly events: AsyncIterable<readonly Event[]>;
  /** How many characters the model was given to read. */
  promptCharacters(): number;
}

/** How one prompt goes out. */
interface PromptRoute {
  readonly messages: readonly Message[];
  readonly way: PromptKind;
  /** The claim under which the conversation may be gone on with. */
  readonly claim?: SessionClaim | undefined;
}

/** How the news of a conversation goes out that a worker remembers. */
interface OnwardRoute extends PromptRoute {
  /** A kept turn that is gone on with; absent for a fresh sid. */
  readonly kept?: Turn | undefined;
  /** The model's own session id, for a worker that has to be reminded of the session. */
  readonly resume?: string | undefined;
}

const NO_NAMES: ReadonlySet<string> = new Set();
/** What a worker is told of a call whose client has gone. */
export const NO_RESULT = 'the client that asked has gone, and no result will come';
/** How often a prompt goes out because of the tools of the worker's process. */
const MAX_STARTS = 3;

export class TurnOpener {
  readonly #options: TurnOpenerOptions;
  readonly #turns: LinkTurns;
  readonly #parked: ParkedTurns;
  readonly #notices: ReplayNotices;
  readonly #capacity: WorkerCapacity;
  readonly #sessions: ContinuedSessions;
  readonly #continue: ContinueOptions;
  readonly #routes: ResultRoutes;
  readonly #history = new LinkHistory();
  /** The claims under which turns run. */
  readonly #claims = new WeakMap<Turn, SessionClaim>();
  /** Resolves when a turn's session can be gone on with, for turns that end in one. */
  readonly #released = new WeakMap<Turn, Promise<void>>();

  constructor(options: TurnOpenerOptions, turns: LinkTurns) {
    const { limits, replicas, createRid } = options;
    this.#options = options;
    this.#turns = turns;
    this.#parked = new ParkedTurns(limits);
    this.#notices = new ReplayNotices(replicas, this.#parked);
    this.#routes = new ResultRoutes(limits);
    this.#sessions = new ContinuedSessions(replicas && new SharedSessions(replicas));
    this.#capacity = new WorkerCapacity({
      limits,
      kindsOf: (modelId) => options.workerKindsOf(modelId),
      letGoKept: (isMeant) => this.#sessions.giveUpOldest(isMeant),
      endParked: (isMeant) => this.#parked.giveUpOldest(isMeant),
    });
    this.#continue = {
      turns,
      routes: this.#routes,
      createRid,
      isDeclared: (tool) => options.isDeclared(tool),
    };
  }

  get parkedTurns(): number {
    return this.#parked.count;
  }

  /** How many rooms at workers are taken by turns that run, are parked or kept, or have not ended yet. */
  get takenRooms(): number {
    return this.#capacity.taken;
  }

  /** How many turns wait for a worker that has room for them. */
  get waitingTurns(): number {
    return this.#capacity.waiting;
  }

  /** The conversations that workers remember, the one used last first. */
  sessions(): readonly SessionInfo[] {
    return this.#sessions.list();
  }

  /** False: this key has no such session. */
  deleteSession(id: string, keyId: string | undefined): boolean {
    return this.#sessions.delete(id, keyId);
  }

  /** The link is gone: what was learned of it is void. */
  onLost(): void {
    this.#history.lost();
    this.#routes.forget();
  }

  /** The link is up to another humd than before. */
  onMove(): void {
    this.#history.moved();
  }

  /** Does what a turn's change of state asks for. */
  onEffect(turn: Turn, effect: Effect): void {
    switch (effect) {
      case 'free-room':
        this.#capacity.free(turn.sid);
        break;
      case 'room-leaving':
        this.#capacity.leaving(turn.sid);
        break;
      case 'offer-room':
        this.#capacity.becameIdle();
        break;
      case 'unpark':
        this.#parked.remove(turn);
        break;
      case 'refuse-calls':
        this.#refuseCalls(turn);
        break;
      case 'forget':
        this.#options.tools.release(turn);
        break;
      case 'keep-session':
        this.#keepSession(turn);
        break;
      case 'drop-session':
        this.#dropSession(turn);
        break;
      default:
        break;
    }
  }

  /** A turn is closed on its calls: until when its worker may wait for their results; undefined: not at all. */
  park(turn: Turn): number | undefined {
    const opened = turn.opened;
    const now = performance.now();
    if (opened === undefined || !this.#routes.mayPark(areDeclared(turn, this.#continue), now))
      return undefined;
    const { request, origin } = opened;
    const prefix = prefixDigests(origin, request.messages).at(-1) ?? '';
    const isTaken = this.#parked.add({
      turn,
      keyId: origin.keyId,
      modelId: origin.modelId,
      callIds: turn.calls.map((call) => call.id),
      prefix,
      withCalls: callsDigest(prefix, turn.calls),
      size: turn.calls.reduce((sum, call) => sum + call.input.length, 0),
    });
    return isTaken ? now + PARK_MS : undefined;
  }

  /** @param now in ms on the monotonic clock */
  onSweep(now: number): void {
    this.#sessions.sweep(now);
    this.#options.tools.sweep();
  }

  /** Rejects with `context-too-long`, `busy` if no worker has room in time, `link-down`, or the signal's reason. */
  async open(request: TurnRequest, target: Target, signal: TurnSignal): Promise<OpenedTurn> {
    const { modelId, card } = target;
    const whole = card ? fitHistory(request, card.contextLength) : request.messages;
    const opened: Opened = { request, origin: originOf(request, modelId) };
    const continuation = findContinuation(request);
    const hint = this.#options.isStateful(modelId) ? request.sessionHint : undefined;
    if (continuation !== undefined && hasIssuedIds(continuation)) {
      const routed = await this.#bringResults(opened, continuation, [], signal);
      if (routed !== undefined) return routed;
    }
    const needsDigests = this.#parked.count > 0 || hint !== undefined || this.#notices.isShared;
    // With tools they may be needed at the end of the turn, when nothing can wait for them.
    if (needsDigests || request.tools.length > 0) await learnDigests(opened.origin, request.messages, signal);
    const digests = needsDigests ? prefixDigests(opened.origin, request.messages) : [];
    if (continuation === undefined) {
      this.#parked.leaveBehind(opened.origin.keyId, request.messages, digests);
    } else if (needsDigests && !hasIssuedIds(continuation)) {
      const routed = await this.#bringResults(opened, continuation, digests, signal);
      if (routed !== undefined) return routed;
    }
    const way = continuation === undefined ? 'prompt' : 'replay';
    if (hint !== undefined) {
      const named = await this.#openNamed(opened, { messages: whole, way }, hint, digests, signal);
      if (named !== undefined) return named;
    }
    return this.#sendPrompt(opened, { messages: whole, way }, signal);
  }

  /** Hands results to the worker that waits for them; undefined where they have to be replayed. */
  async #bringResults(
    opened: Opened,
    continuation: Continuation,
    digests: readonly string[],
    signal: TurnSignal,
  ): Promise<OpenedTurn | undefined> {
    const { request, origin } = opened;
    const mark: ParkedMark = markOf(continuation, origin, digests);
    const parked = this.#parked.find(mark);
    if (parked === undefined) {
      this.#parked.giveUpAnswered(origin.keyId, continuation.results);
      this.#notices.announce(mark);
      return undefined;
    }
    const { turn } = parked;
    if (parked.modelId !== origin.modelId) {
      turn.giveUp();
      return undefined;
    }
    this.#parked.remove(turn);
    turn.follow(signal);
    try {
      await learnDigests(origin, request.messages, signal);
    } catch (error) {
      turn.giveUp();
      throw error;
    }
    turn.opened = opened;
    this.#options.onSid(turn.sid, request);
    const promptCharacters = () => inputCharacters(request);
    const facts = this.#toFacts(request, turn, promptCharacters);
    const isTaken = await continueParkedTurn(this.#continue, {
      turn,
      continuation,
      outputOnly: foundModel(request.resolved)?.profile?.isClaude === true,
      signal,
      facts,
    });
    if (!isTaken) return undefined;
    request.onSent?.(turn.sid, 'route');
    return { events: this.#eventsOf(turn), promptCharacters };
  }

  /**
   * Goes on with the session that has this name, if what it knows is exactly the beginning of the conversation; else begins one under
   * the name. Undefined: another turn has the name, so that this one is to leave no trace.
   */
  async #openNamed(
    opened: Opened,
    { messages, way }: PromptRoute,
    hint: string,
    digests: readonly string[],
    signal: TurnSignal,
  ): Promise<OpenedTurn | undefined> {
    const { keyId, modelId } = opened.origin;
    const claim = await this.#sessions.claim({ hid: this.#options.hid, keyId, modelId, hint });
    if (claim === 'busy') return undefined;
    const { kept } = claim;
    const news = kept && this.#findNews(kept, opened, digests);
    const whole = { messages, way, claim };
    try {
      signal.throwIfAborted();
      if (kept !== undefined && news !== undefined)
        return await this.#goOn(opened, kept, news, whole, signal);
      kept?.turn?.giveUp();
      return await this.#sendPrompt(opened, whole, signal);
    } catch (error) {
      // What was not sent has changed nothing: the session can still be gone on with.
      await this.#sessions.release(claim, isOwn(kept) ? kept : undefined);
      throw error;
    }
  }

  /** Sends only the news; the whole conversation where the worker's process turns out to have other tools than it should. */
  async #goOn(
    opened: Opened,
    { turn: kept, nestId, linkLife }: KeptSession,
    messages: readonly Message[],
    whole: PromptRoute,
    signal: TurnSignal,
  ): Promise<OpenedTurn> {
    const isForgotten = kept === undefined || linkLife !== this.#history.current;
    const resume = isForgotten ? nestId : undefined;
    const route = { ...whole, messages, way: 'session' as const, kept, resume };
    const body = await this.#makeBody(opened.request, messages, signal, 'news');
    const turn = await this.#startTurn(opened, body, route, signal);
    const check = await this.#options.tools.check(turn, opened.request, MAX_STARTS);
    signal.throwIfAborted();
    if (check !== 'again') return this.#toOpened(turn, opened.request, check);
    this.#abandon(turn);
    return this.#sendPrompt(opened, whole, signal);
  }

  /** What a session does not know yet; undefined if it is not known to remember all but new user messages. */
  #findNews(
    kept: KeptSession,
    { request, origin }: Opened,
    digests: readonly string[],
  ): readonly Message[] | undefined {
    if (kept.turn !== undefined && !this.#history.isHere(kept.linkLife)) return undefined;
    if (kept.workers !== undefined && kept.workers !== this.#options.workersKeyOf(origin.modelId))
      return undefined;
    if (kept.access !== accessKey(request)) return undefined;
    const known = digests.lastIndexOf(kept.digest);
    if (known === -1) return undefined;
    const news = request.messages.slice(known);
    return news.length > 0 && news.every((message) => message.role === 'user') ? news : undefined;
  }

  /**
   * Sends a prompt when its worker has room. Where the worker says which tools its process has, a process that must not go on is
   * cancelled before anything of its answer is given, and the prompt goes out once more under a fresh sid. Rejects with `busy` if there
   * is no room in time, `link-down` if the link broke meanwhile, or the signal's reason.
   */
  async #sendPrompt(opened: Opened, route: PromptRoute, signal: TurnSignal): Promise<OpenedTurn> {
    const { request } = opened;
    const made = this.#makeBody(request, route.messages, signal);
    const body = made instanceof Promise ? await made : made;
    for (let start = 1; ; start++) {
      const turn = await this.#startTurn(opened, body, route, signal);
      if (this.#options.tools.useOf(turn) === undefined) return this.#toOpened(turn, request, 'fine', body);
      const check = await this.#options.tools.check(turn, request, start);
      signal.throwIfAborted();
      if (check !== 'again') return this.#toOpened(turn, request, check, body);
      this.#abandon(turn);
      if (start >= MAX_STARTS) throw toolsMixed();
    }
  }

  #makeBody(
    request: TurnRequest,
    messages: readonly Message[],
    signal: TurnSignal,
    part: 'whole' | 'news' = 'whole',
  ): PromptBody | Promise<PromptBody> {
    const { limits, tools } = this.#options;
    const isClaude = foundModel(request.resolved)?.profile?.isClaude === true;
    const isTooLong = isClaude && !fitsArgument(request.system ?? '');
    // The tools of the mesh do not read the machine's files; such a text would.
    const isConfined = mayReachClaude(request) && request.rights?.workerTools !== 'all';
    const content: PromptContent = {
      system: request.system,
      systemPlace: !isTooLong ? 'field' : part === 'whole' ? 'text' : 'known',
      messages,
      tools: tools.toolsOfPrompt(request),
      defuses: isConfined && limits.defuseText !== false,
      chat: toPromptChat(request, messages),
    };
    return makeBody(content, signal, request.caller?.keyId);
  }

  /** Takes a room and the tools of the request into use, and sends the prompt. If it rejects, nothing was sent. */
  async #startTurn(
    opened: Opened,
    body: PromptBody,
    { way, resume, kept, claim }: OnwardRoute,
    signal: TurnSignal,
  ): Promise<Turn> {
    const { request, origin } = opened;
    const { hive, createRid, onSid, onlyWorkerOf, tools } = this.#options;
    const turn = kept ?? this.#turns.create(request.caller?.firstSid?.take() ?? randomUUID(), signal);
    const life = this.#history.current;
    let use = tools.useOf(turn);
    try {
      await this.#capacity.take(turn.sid, origin.modelId, signal);
      if (use === undefined && tools.declares(request)) use = await tools.take(request, signal);
      signal.throwIfAborted();
      if (this.#history.current !== life) throw linkBroke();
    } catch (error) {
      if (kept === undefined) {
        use?.release();
        turn.giveUp();
      }
      throw error;
    }
    // From here to the prompt nothing waits: it denies what the hello in front of it lists.
    tools.give(turn, use);
    this.#claim(turn, claim);
    turn.opened = opened;
    onSid(turn.sid, request);
    request.onSent?.(turn.sid, way);
    const rid = createRid();
    const tone = toPromptTone(body, {
      rid,
      sid: turn.sid,
      hive,
      modelId: origin.modelId,
      sampling: request.sampling,
      resume,
      disallowedTools: tools.denied(request, use),
      cwd: request.rights?.cwd,
    });
    const sent = way === 'session' ? undefined : body;
    const facts = this.#toFacts(request, turn, () => charactersOf(request, sent));
    this.#turns.prompt(turn, rid, tone, facts, onlyWorkerOf(origin.modelId), signal);
    return turn;
  }

  /** @param body of a prompt that holds the whole conversation */
  #toOpened(turn: Turn, request: TurnRequest, check: 'fine' | 'unconfirmed', body?: PromptBody): OpenedTurn {
    if (check === 'unconfirmed') turn.note('tools-unconfirmed');
    return { events: this.#eventsOf(turn), promptCharacters: () => charactersOf(request, body) };
  }

  #toFacts(request: TurnRequest, turn: Turn, promptCharacters: () => number): TurnFacts {
    const use = this.#options.tools.useOf(turn);
    return {
      model: request.model,
      toolNames: use?.clientNames ?? namesOf(request.tools),
      clientNames: use?.clientNames,
      refusesOtherCalls: use !== undefined,
      greets: foundModel(request.resolved)?.profile?.greets === true,
      // Most workers say themselves how much they read.
      get promptCharacters() {
        return promptCharacters();
      },
      showWorkerTools: this.#options.limits.showWorkerTools,
      keepsAnswer: turn.keepsSession,
      isClaude: foundModel(request.resolved)?.profile?.isClaude ?? false,
      wasServed: foundModel(request.resolved)?.service === 'live',
      maxOutputCharacters: maxOutputCharacters(request),
      derivesCallIds: foundModel(request.resolved)?.profile?.accepts.has('messages') === true,
    };
  }

  /** Where results are routed, an error ends the wait of a worker whose client has gone: it would go on by itself after 300 s. */
  #refuseCalls(turn: Turn): void {
    if (this.#options.tools.useOf(turn) === undefined) return;
    for (const { workerId, workerName } of turn.openCalls) {
      const call = { chi: 'tool-call', sid: turn.sid, callId: workerId, toolName: workerName };
      this.#options.send(toErrorResult(call, NO_RESULT, this.#options.createRid()));
    }
  }

  /** Where replicas share the session, its turn ends for the client once they know of it: its next request may come in anywhere. */
  #eventsOf(turn: Turn): AsyncIterable<readonly Event[]> {
    const isShared = turn.keepsSession && this.#options.replicas !== undefined;
    return isShared ? endAfter(turn.events, () => this.#released.get(turn)) : turn.events;
  }

  #claim(turn: Turn, claim: SessionClaim | undefined): void {
    turn.keepsSession = claim !== undefined;
    if (claim === undefined) this.#claims.delete(turn);
    else this.#claims.set(turn, claim);
  }

  /** The worker's process must not go on. The claim of the conversation stays with its request. */
  #abandon(turn: Turn): void {
    this.#claim(turn, undefined);
    turn.giveUp();
  }

  #keepSession(turn: Turn): void {
    const claim = this.#claims.get(turn);
    const opened = turn.opened;
    if (claim === undefined || opened === undefined) return;
    this.#claim(turn, undefined);
    const { origin, request } = opened;
    const answer: Message = {
      role: 'assistant',
      content: [{ type: 'text', text: turn.answer }],
      toolCalls: [],
    };
    const session = {
      turn,
      digest: digestWithAnswer(origin, request.messages, answer),
      access: accessKey(request),
      nestId: turn.nestId,
      linkLife: this.#history.current,
      workers: this.#options.workersKeyOf(origin.modelId),
    };
    this.#released.set(turn, this.#sessions.release(claim, session));
  }

  /** A turn that ran under a claim gives it back; one whose session was only kept is forgotten. */
  #dropSession(turn: Turn): void {
    const claim = this.#claims.get(turn);
    this.#claim(turn, undefined);
    if (claim === undefined) this.#sessions.drop(turn);
    else this.#released.set(turn, this.#sessions.release(claim));
  }
}

/** By an estimate an answer may be longer than was asked for by so much: its worker has not been told the limit. */
const LENGTH_TOLERANCE = 1.5;

/** Undefined for no limit, as 0 and below are, and for workers that see to it themselves. */
function maxOutputCharacters({ resolved, sampling }: TurnRequest): number | undefined {
  const { maxTokens } = sampling;
  if (maxTokens === undefined || maxTokens <= 0) return undefined;
  const accepts = foundModel(resolved)?.profile?.accepts;
  if (accepts === undefined || accepts.has('maxTokens')) return undefined;
  return estimateCharacters(maxTokens * LENGTH_TOLERANCE);
}

/** How many characters a model is given to read. @param body of a prompt that holds the whole conversation */
function charactersOf(request: TurnRequest, body: PromptBody | undefined): number {
  return body === undefined ? inputCharacters(request) : body.characters + toolCharacters(request.tools);
}

/** Undefined where not every worker of the model takes messages. */
function toPromptChat(request: TurnRequest, messages: readonly Message[]): PromptChat | undefined {
  const accepts = foundModel(request.resolved)?.profile?.accepts;
  if (accepts === undefined || !accepts.has('messages')) return undefined;
  const settings = accepts.has('request') ? toChatSettings(request, messages) : undefined;
  return { original: currentOriginal(request, messages), settings };
}

function namesOf(tools: TurnRequest['tools']): ReadonlySet<string> {
  return tools.length === 0 ? NO_NAMES : new Set(tools.map((tool) => tool.name));
}

function toolsMixed(): Fault {
  const message =
    'the worker went on offering the model tools that are not this request’s; try again in a moment';
  return new Fault('busy', message, { retryAfterSeconds: 5 });
}

/** Passes a turn on, its end when `until` has resolved. */
async function* endAfter(
  events: AsyncIterable<readonly Event[]>,
  until: () => Promise<void> | undefined,
): AsyncGenerator<readonly Event[], void, undefined> {
  for await (const batch of events) {
    const last = batch.at(-1);
    if (last !== undefined && isEnd(last)) await until();
    yield batch;
  }
}

/** True if the client kept the ids that a bridge gave to the calls: they alone decide. */
function hasIssuedIds({ results }: Continuation): boolean {
  return results.some(({ toolCallId }) => toolCallId !== undefined && isIssuedCallId(toolCallId));
}

function isOwn(kept: KeptSession | undefined): kept is KeptSession & { readonly turn: Turn } {
  return kept?.turn !== undefined;
}

function linkBroke(): Fault {
  return new Fault('link-down', 'the link to humd broke before the request was sent', {
    retryAfterSeconds: 1,
  });
}
