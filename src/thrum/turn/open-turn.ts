/**
 * Decides how a request goes out: its results to the worker that waits for them, its news to a session that remembers the rest, or,
 * which always works, the whole conversation under a fresh sid. The turns that it opens own their sids; this file owns the order.
 */
import type { TurnSignal } from '../../core/abort.js';
import type { Event } from '../../core/event.js';
import { isEnd } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import { inputCharacters } from '../../core/estimate-tokens.js';
import { fitHistory } from '../../core/fit-history.js';
import { foundModel, type Model } from '../../core/model.js';
import type { SessionInfo } from '../../core/port.js';
import type { Message, SessionUse, TurnRequest } from '../../core/request.js';
import type { ReplicaChannel, ReplicaStore } from '../../shared/replica-store.js';
import type { WorkerSet } from '../catalogue.js';
import type { SentTone } from '../link/tone-codec.js';
import { LinkHistory } from '../link/link-history.js';
import type { Conversation } from '../sessions/conversation.js';
import { Conversations, type Session } from '../sessions/conversations.js';
import { findNews, keyWithAnswer, learnDigests, prefixDigests } from '../sessions/history-digest.js';
import { WorkerCapacity, type WorkerLimits } from '../sessions/worker-capacity.js';
import { toErrorResult } from '../tools/mesh-tools.js';
import { type ParkedLimits, ParkedTurns } from '../tools/parked-turns.js';
import type { ResultLimits } from '../tools/result-routes.js';
import { ResultRouter } from '../tools/route-results.js';
import type { ToolAccess } from '../tools/tool-access.js';
import { type Continuation, findContinuation } from '../tools/tool-results.js';
import type { PromptBody } from './prompt-tone.js';
import { isIssuedCallId } from './call-ids.js';
import { charactersOf, linkBroke, type StartLimits, TurnStarter } from './start-turn.js';
import type { Opened, Turn } from './turn.js';
import type { Effect } from './turn-state.js';
import type { LinkTurns } from './turns.js';

/** Read at each use. */
export interface OpenTurnLimits extends ParkedLimits, WorkerLimits, ResultLimits, StartLimits {}

export interface TurnOpenerOptions {
  readonly limits: OpenTurnLimits;
  readonly hive: string;
  readonly createRid: () => string;
  send(tone: SentTone): void;
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
  /** How its replicas tell each other what has happened; absent where it has none. */
  readonly channel?: ReplicaChannel | undefined;
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
  /** Which workers this model has: a session is void when they are others. */
  workersOf(modelId: string): WorkerSet;
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

/** How a prompt goes out that holds the whole conversation. */
interface WholePrompt {
  readonly messages: readonly Message[];
  readonly kind: 'prompt' | 'replay';
  /** Undefined for a worker that remembers nothing. */
  readonly use?: SessionUse;
  /** What the turn belongs to; undefined where no later request may go on with it. */
  readonly conversation?: Conversation | undefined;
}

/** What a worker is told of a call whose client has gone. */
export const NO_RESULT = 'the client that asked has gone, and no result will come';
/** How often a prompt goes out because of the tools of the worker's process. */
const MAX_STARTS = 3;

export class TurnOpener {
  readonly #options: TurnOpenerOptions;
  readonly #capacity: WorkerCapacity;
  readonly #conversations: Conversations;
  readonly #starter: TurnStarter;
  readonly #parked: ParkedTurns;
  readonly #results: ResultRouter;
  readonly #link = new LinkHistory();

  constructor(options: TurnOpenerOptions, turns: LinkTurns) {
    const { limits, replicas, tools } = options;
    this.#options = options;
    this.#parked = new ParkedTurns(limits);
    this.#conversations = new Conversations({
      replicas,
      link: this.#link,
      workersOf: (modelId) => options.workersOf(modelId),
    });
    this.#capacity = new WorkerCapacity({
      limits,
      kindsOf: (modelId) => options.workerKindsOf(modelId),
      letGoKept: (isMeant) => this.#conversations.giveUpOldest(({ sid }) => isMeant(sid)),
      endParked: (isMeant) => this.#parked.giveUpOldest(isMeant),
    });
    this.#starter = new TurnStarter({
      ...options,
      turns,
      tools,
      capacity: this.#capacity,
      conversations: this.#conversations,
      link: this.#link,
    });
    this.#results = new ResultRouter({
      ...options,
      turns,
      parked: this.#parked,
      starter: this.#starter,
      conversations: this.#conversations,
    });
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

  /** Ends the wait of those that wait for a worker. */
  refuseWaiting(error: Error): void {
    this.#capacity.refuseAll(error);
  }

  /** The conversations that workers remember, the one used last first. */
  sessions(): readonly SessionInfo[] {
    return this.#conversations.list();
  }

  /** Forgets one of them. False: this key has no such session. */
  deleteSession(id: string, keyId: string | undefined): boolean {
    return this.#conversations.delete(id, keyId);
  }

  /** Lets go of the session that has been kept longest of those with tools. False: there is none. */
  letGoKeptTools(): boolean {
    return this.#conversations.giveUpOldest((turn) => this.#options.tools.useOf(turn) !== undefined);
  }

  /** The link is gone: what was learned of it is void. */
  onLost(): void {
    this.#link.lost();
    this.#results.onLost();
  }

  /** The link is up to another humd than before. */
  onMove(): void {
    this.#link.moved();
  }

  /** Does what a turn's change of state asks for. */
  onEffect(turn: Turn, effect: Effect): void {
    switch (effect) {
      case 'free-room':
        this.#capacity.free(turn.sid);
        break;
      case 'room-leaving':
        this.#capacity.leaving(turn.sid, turn.isUnheard);
        break;
      case 'end-process':
        this.#capacity.ending(turn.sid);
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
        if (turn.conversation !== undefined) this.#conversations.drop(turn);
        break;
      default:
        break;
    }
  }

  /** A turn is closed on its calls: until when its worker may wait for their results; undefined: not at all. */
  park(turn: Turn): number | undefined {
    return this.#results.park(turn);
  }

  /** @param now in ms on the monotonic clock */
  onSweep(now: number): void {
    this.#conversations.sweep(now);
    this.#options.tools.sweep();
  }

  /** Rejects with `context-too-long`, `busy` if no worker has room in time, `link-down`, or the signal's reason. */
  open(
    request: TurnRequest,
    { modelId, card }: Target,
    signal: TurnSignal,
  ): OpenedTurn | Promise<OpenedTurn> {
    const messages = card ? fitHistory(request, card.contextLength) : request.messages;
    const profile = foundModel(request.resolved)?.profile;
    const origin = { keyId: request.caller?.keyId, modelId, system: request.system };
    const opened: Opened = { request, origin, profile, life: this.#link.current };
    if (this.#options.isStateful(modelId) || request.tools.length > 0 || endsInResults(request))
      return this.#openContinued(opened, messages, signal);
    if (this.#parked.count > 0) return this.#openBeside(opened, messages, signal);
    return this.#sendWhole(opened, { messages, kind: 'prompt' }, signal);
  }

  /** A request without tools may still be what goes on with a conversation whose turn is parked. */
  async #openBeside(opened: Opened, messages: readonly Message[], signal: TurnSignal): Promise<OpenedTurn> {
    const { request, origin } = opened;
    await learnDigests(origin, request.messages, signal);
    this.#leaveBehind(opened);
    return this.#sendWhole(opened, { messages, kind: 'prompt' }, signal);
  }

  async #openContinued(
    opened: Opened,
    messages: readonly Message[],
    signal: TurnSignal,
  ): Promise<OpenedTurn> {
    const { request, origin } = opened;
    const continuation = findContinuation(request);
    const hasIds = continuation !== undefined && hasIssuedIds(continuation);
    if (hasIds) {
      const routed = await this.#bringResults(opened, continuation, [], signal);
      if (routed !== undefined) return routed;
    }
    // With tools digests may be needed at the end of the turn, when nothing can wait for them.
    await learnDigests(origin, request.messages, signal);
    if (continuation === undefined) this.#leaveBehind(opened);
    else if (!hasIds && this.#results.mayBeAwaited) {
      const digests = prefixDigests(origin, request.messages);
      const routed = await this.#bringResults(opened, continuation, digests, signal);
      if (routed !== undefined) return routed;
    }
    const kind = continuation === undefined ? 'prompt' : 'replay';
    if (!this.#options.isStateful(origin.modelId)) return this.#sendWhole(opened, { messages, kind }, signal);
    return this.#openRemembered(opened, { messages, kind }, signal);
  }

  /** A request brings no results: the parked turn whose conversation it goes on with is given up. Its digests are known. */
  #leaveBehind({ request, origin }: Opened): void {
    if (this.#parked.count > 0)
      this.#parked.leaveBehind(origin.keyId, request.messages, prefixDigests(origin, request.messages));
  }

  /** Hands results to the worker that waits for them; undefined where they have to be replayed. */
  async #bringResults(
    opened: Opened,
    continuation: Continuation,
    digests: readonly string[],
    signal: TurnSignal,
  ): Promise<OpenedTurn | undefined> {
    const { request } = opened;
    const turn = await this.#results.bring(opened, continuation, digests, signal);
    if (turn === undefined) return undefined;
    request.onSent?.(turn.sid, 'route');
    return { events: this.#eventsOf(turn), promptCharacters: () => inputCharacters(request) };
  }

  /** The worker remembers conversations: sends the news to the session that knows the rest; else all, as the beginning of a session. */
  async #openRemembered(opened: Opened, whole: WholePrompt, signal: TurnSignal): Promise<OpenedTurn> {
    const { request, origin, profile } = opened;
    const { sessionHint, nextSessionHint, rights } = request;
    const mayGoOn = sessionHint !== undefined || (rights?.workerTools ?? 'none') === 'none';
    if (!mayGoOn && nextSessionHint === undefined) return this.#sendWhole(opened, whole, signal);
    const news = mayGoOn ? findNews(request, origin) : undefined;
    const begin = (use: SessionUse) => ({
      ...whole,
      use,
      conversation: this.#conversations.begin(request, origin),
    });
    if (news === undefined) {
      const isFirst = !request.messages.some(({ role }) => role === 'assistant');
      const reason = isFirst ? 'first' : 'unknown-history';
      return this.#sendWhole(opened, begin({ how: 'fresh', reason }), signal);
    }
    // A session that is taken to be resumed, and is not, is lost.
    if (this.#link.current !== opened.life) throw linkBroke();
    const mayEndProcesses = profile?.isClaude !== false;
    const { use, session } = await this.#conversations.take(request, origin, news.key, mayEndProcesses);
    if (session === undefined) return this.#sendWhole(opened, begin(use), signal);
    return this.#goOn(opened, session, use, news.news, whole, signal);
  }

  /** Sends the news; all, where the worker's process turns out to have other tools than it should, or to know nothing. */
  async #goOn(
    opened: Opened,
    { conversation, turn: kept, nestId }: Session,
    use: SessionUse,
    news: readonly Message[],
    whole: WholePrompt,
    signal: TurnSignal,
  ): Promise<OpenedTurn> {
    const { request } = opened;
    let turn: Turn;
    try {
      const body = await this.#starter.makeBody(opened, news, 'news', signal);
      const resume = kept === undefined ? nestId : undefined;
      const route = { kind: 'session', use, conversation, kept, resume } as const;
      turn = await this.#starter.start(opened, body, route, signal);
    } catch (error) {
      this.#conversations.putBack(conversation);
      throw error;
    }
    const check = await this.#options.tools.check(turn, request, MAX_STARTS);
    await turn.whenStarted();
    signal.throwIfAborted();
    const isOther = nestId !== undefined && turn.nestId !== undefined && turn.nestId !== nestId;
    if (check !== 'again' && !isOther) return this.#toOpened(turn, request, check);
    this.#abandon(turn);
    const reason = isOther ? 'empty' : 'access';
    try {
      return await this.#sendWhole(opened, { ...whole, use: { how: 'fresh', reason }, conversation }, signal);
    } catch (error) {
      this.#conversations.forget(conversation);
      throw error;
    }
  }

  /**
   * Sends a prompt when its worker has room. Where the worker says which tools its process has, a process that must not go on is
   * cancelled before anything of its answer is given, and the prompt goes out once more under a fresh sid. Rejects with `busy` if there
   * is no room in time, `link-down` if the link broke meanwhile, or the signal's reason.
   */
  #sendWhole(opened: Opened, whole: WholePrompt, signal: TurnSignal): OpenedTurn | Promise<OpenedTurn> {
    const body = this.#starter.makeBody(opened, whole.messages, 'whole', signal);
    if (body instanceof Promise || this.#options.tools.declares(opened.request))
      return this.#sendChecked(opened, whole, body, signal);
    const { kind, use, conversation } = whole;
    const turn = this.#starter.start(opened, body, { kind, use, conversation }, signal);
    if (turn instanceof Promise)
      return turn.then((started) => this.#toOpened(started, opened.request, 'fine', body));
    return this.#toOpened(turn, opened.request, 'fine', body);
  }

  async #sendChecked(
    opened: Opened,
    whole: WholePrompt,
    made: PromptBody | Promise<PromptBody>,
    signal: TurnSignal,
  ): Promise<OpenedTurn> {
    const { request } = opened;
    const { kind, use, conversation } = whole;
    const body = await made;
    for (let start = 1; ; start++) {
      const turn = await this.#starter.start(opened, body, { kind, use, conversation }, signal);
      if (this.#options.tools.useOf(turn) === undefined) return this.#toOpened(turn, request, 'fine', body);
      const check = await this.#options.tools.check(turn, request, start);
      signal.throwIfAborted();
      if (check !== 'again') return this.#toOpened(turn, request, check, body);
      this.#abandon(turn);
      if (start >= MAX_STARTS) throw toolsMixed();
    }
  }

  /** @param body of a prompt that holds the whole conversation */
  #toOpened(turn: Turn, request: TurnRequest, check: 'fine' | 'unconfirmed', body?: PromptBody): OpenedTurn {
    if (check === 'unconfirmed') turn.note('tools-unconfirmed');
    return { events: this.#eventsOf(turn), promptCharacters: () => charactersOf(request, body) };
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
    const isShared = turn.conversation?.name !== undefined && this.#options.replicas !== undefined;
    return isShared ? endAfter(turn.events, () => turn.whenShared) : turn.events;
  }

  /** The worker's process must not go on. */
  #abandon(turn: Turn): void {
    this.#conversations.detach(turn);
    turn.abandon();
  }

  #keepSession(turn: Turn): void {
    const { opened } = turn;
    if (opened === undefined) return;
    const { request, origin } = opened;
    const key = keyWithAnswer(request, origin, turn.answer);
    turn.whenShared = this.#conversations.keep(turn, key, origin.modelId);
    turn.forgetText();
  }
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

function endsInResults({ messages }: TurnRequest): boolean {
  return messages.findLast(({ role }) => role !== 'system')?.role === 'tool';
}
