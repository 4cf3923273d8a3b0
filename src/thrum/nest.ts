/** The conversation port over thrum: finds the model, opens a session for each turn and streams its events. */
import type { Logger } from 'pino';
import type { SlowReaders } from '../core/slow-readers.js';
import { BufferBudget, type BufferBudgetLimits } from './turn/buffer-budget.js';
import { cutAtStop, requireFewStops } from '../core/stop-sequences.js';
import type { Event } from '../core/event.js';
import { Fault } from '../core/fault.js';
import { findModel } from '../core/find-model.js';
import {
  isUnserved,
  type Model,
  type ModelLookup,
  modelNotFound,
  modelNotServed,
  requireFound,
  type Respelling,
} from '../core/model.js';
import type { LinkState, Mesh, SessionInfo, Sessions, Turns } from '../core/port.js';
import type { TurnRequest } from '../core/request.js';
import { TurnAbort, type TurnSignal } from '../core/abort.js';
import { DeferredTurn } from '../turns/deferred-turn.js';
import type { ReplicaChannel, ReplicaStore } from '../shared/replica-store.js';
import type { Catalogue } from './catalogue.js';
import { type ClientLimits, type SocketHealth, ThrumClient } from './link/client.js';
import {
  createRidSource,
  type Departure,
  type DroppedLines,
  type SentTone,
  type Tone,
} from './link/tone-codec.js';
import { type Introduction, toHelloTone } from './link/hello.js';
import { DeclaredTools } from './tools/declared-tools.js';
import { ToolAccess, type ToolAccessLimits } from './tools/tool-access.js';
import { NO_RESULT, type OpenedTurn, type OpenTurnLimits, TurnOpener } from './turn/open-turn.js';
import { type IgnoredTones, LinkTurns, type TurnsLimits } from './turn/turns.js';
import { ToneTaps } from './link/tone-tap.js';
import { refusalOf, ToolCalls, toErrorResult } from './tools/mesh-tools.js';
import { toUsage } from './turn/usage.js';

export interface NestLimits
  extends TurnsLimits,
    OpenTurnLimits,
    ToolAccessLimits,
    ClientLimits,
    BufferBudgetLimits {
  /** How long a tool of another bee may take, in ms. */
  readonly toolTimeoutMs: number;
  /** The name of the model that answers to names that mean nothing. */
  readonly defaultModel?: string | undefined;
}

export interface NestOptions {
  /** Who we are, but for the address, which is known once it is bound. */
  readonly introduction: Omit<Introduction, 'bind'>;
  readonly catalogue: Catalogue;
  /** Read at each use. */
  readonly limits: NestLimits;
  /** Where a humd may listen, first choice first; at least one. */
  readonly socketPaths: readonly (() => string)[];
  /** What this hive's replicas share; absent where it has none. */
  readonly replicas?: ReplicaStore | undefined;
  /** How its replicas tell each other what has happened; absent where it has none. */
  readonly channel?: ReplicaChannel | undefined;
  /** Who watches what goes over the wire for a request; its own where it shares them with no other nest. */
  readonly tones?: ToneTaps | undefined;
  /** Is told whose answers wait; absent where no worker hears of it. */
  readonly slowReaders?: SlowReaders | undefined;
  /** Has the worker list its models anew, for a name that nobody knows; absent where none can be asked. */
  readonly relist?: (() => Promise<void> | undefined) | undefined;
  /** True if no humd is expected to be there yet. */
  readonly isAwaited?: boolean | undefined;
  /** Called whenever the link is up. */
  readonly onUp?: (() => void) | undefined;
  readonly log: Logger;
}

/** How long a worker must be missing from the roster before its turns count as dead. */
const GONE_AFTER_MS = 500;
const PROBLEM_RETRY_SECONDS = 5;
/** How long after the link came up humd may take to list us. */
const LISTED_AFTER_MS = 3_000;

export class Nest implements Turns, Mesh, Sessions {
  readonly #options: NestOptions;
  readonly #client: ThrumClient;
  readonly #turns: LinkTurns;
  readonly #opener: TurnOpener;
  readonly #toolCalls: ToolCalls;
  readonly #budget: BufferBudget;
  #isStopping = false;
  /** Who watches what goes over the wire for a request. */
  readonly tones: ToneTaps;
  #bind: Introduction['bind'] = { host: '', port: 0 };
  #goneTimer: NodeJS.Timeout | undefined;
  /** Which of the sockets the link was last up to. */
  #socket: number | undefined;
  /** When the link came up last, in ms on the monotonic clock. */
  #linkedAt = 0;
  /** True once the log says that humd does not list us. */
  #isMissing = false;

  constructor(options: NestOptions) {
    this.#options = options;
    const { introduction, catalogue, limits, log } = options;
    this.tones = options.tones ?? new ToneTaps();
    const createRid = createRidSource();
    const send = (tone: SentTone, departure?: Departure) => {
      this.tones.sent(tone);
      this.#client.send(tone, departure);
    };
    const declared = new DeclaredTools({
      owner: introduction.hid,
      configured: introduction.tools,
      declare: () => this.#client.sayHello(),
      letGoKept: () => this.#opener.letGoKeptTools(),
      now: () => performance.now(),
    });
    const tools = new ToolAccess({
      declared,
      limits,
      isListed: () => this.#isListed(),
      othersTools: () => catalogue.toolsOfOthers(introduction.hid),
      log,
    });
    this.#toolCalls = new ToolCalls(createRid, send);
    const kept = {
      get maxTotalBufferBytes() {
        return Math.max(limits.maxTotalBufferBytes, limits.maxAnswerBytes);
      },
    };
    this.#budget = new BufferBudget(limits, new BufferBudget(kept));
    const refuse = (call: Tone, reason: string) => send(toErrorResult(call, reason, createRid()));
    this.#turns = new LinkTurns({
      limits,
      budget: this.#budget,
      slowReaders: options.slowReaders,
      createRid,
      send,
      acceptToolResult: (tone) => this.#toolCalls.accept(tone),
      onResultLost: ({ sid }, fault) => this.#toolCalls.lose(sid, fault),
      onRefusal: (tone) => this.#toolCalls.refuse(tone),
      refuseForeignCall: (tone, turn) => {
        const reason = refusalOf(tone, declared, turn);
        if (reason !== undefined) refuse(tone, reason);
        return reason !== undefined;
      },
      refuseLateCall: (tone) => refuse(tone, NO_RESULT),
      park: (turn) => this.#opener.park(turn),
      onEffect: (turn, effect) => this.#opener.onEffect(turn, effect),
      hasUnsent: () => this.#client.hasUnsent,
      onPromptLost: () => this.#client.expectSignOfLife(),
      log,
      onSweep: (now) => this.#opener.onSweep(now),
    });
    this.#opener = new TurnOpener(
      {
        limits,
        hive: introduction.hive,
        tools,
        isDeclared: (name) => declared.has(name),
        replicas: options.replicas,
        channel: options.channel,
        createRid,
        send,
        onSid: (sid, request) => this.tones.follow(sid, request.caller),
        workerKindsOf: (modelId) => catalogue.workerKindsOf(modelId),
        isStateful: (modelId) => catalogue.isStateful(modelId),
        workersOf: (modelId) => catalogue.workersOf(modelId),
        onlyWorkerOf: (modelId) => catalogue.onlyWorkerOf(modelId),
      },
      this.#turns,
    );
    catalogue.onChange(() => this.#noticeGoneWorkers());
    this.#client = new ThrumClient({
      socketPaths: options.socketPaths,
      hello: (rid) => toHelloTone({ ...introduction, tools: declared.list(), bind: this.#bind }, rid),
      createRid,
      limits,
      isAwaited: options.isAwaited,
      log,
      onUp: (socket) => this.#turnTo(socket),
      onTones: (tones) => {
        this.tones.received(tones);
        this.#turns.accept(tones);
      },
      onLost: () => {
        this.#opener.onLost();
        this.#turns.loseAll(linkLost());
        this.#toolCalls.loseAll(linkLost());
      },
    });
  }

  /**
   * A worker that dies says nothing (src/thrum/README.md, "What humd does"); that it stands no longer in the roster is how
   * its turns are known to be dead. It has a moment to come back, as the roster is rewritten with every hello.
   */
  #noticeGoneWorkers(): void {
    this.#goneTimer ??= setTimeout(() => {
      this.#goneTimer = undefined;
      setImmediate(() => this.#turns.failOrphans((worker) => this.#options.catalogue.isThere(worker)));
    }, GONE_AFTER_MS).unref();
  }

  /**
   * humd keeps one entry for each hid: another process that says hello with ours takes our tools and the way of their results. The
   * list may be a moment behind our hello.
   */
  #isListed(): boolean {
    const { catalogue, introduction, log } = this.#options;
    if (performance.now() - this.#linkedAt < LISTED_AFTER_MS || catalogue.isListed(introduction.hid)) {
      this.#isMissing = false;
      return true;
    }
    if (!this.#isMissing)
      log.warn(
        'another process has taken our hid at humd: tool results are replayed; give each replica an instance name of its own',
      );
    this.#isMissing = true;
    return false;
  }

  /** Another humd has other workers, which remember nothing of what was said here. */
  #turnTo(socket: number): void {
    if (this.#socket !== undefined && this.#socket !== socket) this.#opener.onMove();
    this.#turns.stopLeftBehind(this.#socket === socket);
    this.#socket = socket;
    this.#linkedAt = performance.now();
    this.#options.catalogue.turnTo(socket);
    this.#options.onUp?.();
  }

  /** Begins to dial; the hello will name the address that is really bound. */
  start(bind: Introduction['bind']): void {
    this.#bind = bind;
    this.#client.start();
  }

  /** Resolves when the link is up; rejects with `link-down` after `timeoutMs`. */
  whenUp(timeoutMs: number): Promise<void> {
    return this.#client.whenUp(timeoutMs, new TurnAbort());
  }

  /** Cancels what is open, lets the cancels leave and hangs up. May be called twice. */
  async close(): Promise<void> {
    this.#isStopping = true;
    this.#opener.refuseWaiting(stopping());
    this.#turns.cancelAll(stopping());
    await this.#client.close();
  }

  link(): LinkState {
    return this.#client.isUp ? 'up' : 'down';
  }

  /** How each configured socket is doing, in their order. */
  sockets(): readonly SocketHealth[] {
    return this.#client.sockets;
  }

  /** Probes the sockets that are not in use, now; it happens by itself every 30 s. */
  checkSockets(): Promise<void> {
    return this.#client.checkSockets();
  }

  /** What came from humd and was passed over, by reason. */
  get ignored(): Readonly<IgnoredTones & DroppedLines> {
    return { ...this.#turns.ignored, ...this.#client.dropped };
  }

  models(): readonly Model[] {
    return this.#options.catalogue.models(this.#client.isUp);
  }

  findModel(asked: string, respell?: Respelling): ModelLookup {
    const found = this.#find(asked, respell);
    return found !== undefined && isUnserved(found) ? modelNotServed(asked, found) : found;
  }

  /**
   * While the link is down, only listed names count: which model a short name stands for depends on who is there. A miss is
   * read afresh once before it is a fault.
   */
  resolveModel(asked: string, signal: TurnSignal, respell?: Respelling): ModelLookup | Promise<ModelLookup> {
    const found = this.#find(asked, respell);
    if (found !== undefined && !isUnserved(found) && (found.listed || this.#client.isUp)) return found;
    return this.#resolveAfresh(asked, signal, respell);
  }

  async #resolveAfresh(
    asked: string,
    signal: TurnSignal,
    respell: Respelling | undefined,
  ): Promise<ModelLookup> {
    const { catalogue, limits } = this.#options;
    try {
      if (!this.#client.isUp) await this.#client.whenUp(limits.readyTimeoutMs, signal);
      const found = this.#find(asked, respell);
      if (found !== undefined && !isUnserved(found)) return found;
      await this.#options.relist?.();
      const hasRoster = await catalogue.refresh();
      return this.findModel(asked, respell) ?? (hasRoster ? this.#notFound(asked) : undefined);
    } catch (error) {
      return Fault.from(error);
    }
  }

  /** As long as a worker cannot say which models it serves, this may be one of them. */
  #notFound(asked: string): Fault {
    const problem = this.#options.catalogue.problem();
    if (problem === undefined) return modelNotFound(asked);
    return new Fault('unreachable', problem, { retryAfterSeconds: PROBLEM_RETRY_SECONDS });
  }

  #find(asked: string, respell: Respelling | undefined): Model | undefined {
    const { catalogue, limits } = this.#options;
    const exact = catalogue.modelCalled(asked, this.#client.isUp);
    return exact ?? findModel(this.models(), asked, { respell, defaultModel: limits.defaultModel });
  }

  /** How often a link that was up was lost. */
  get reconnects(): number {
    return this.#client.reconnects;
  }

  /** How many cancels were sent. */
  get cancels(): number {
    return this.#turns.cancels;
  }

  /** How many turns clients wait for. */
  get runningTurns(): number {
    return this.#turns.running;
  }

  /** How many sids humd may hold for us. */
  get openSids(): number {
    return this.#turns.size;
  }

  /** How many workers wait for tool results. */
  get parkedTurns(): number {
    return this.#opener.parkedTurns;
  }

  sessions(): readonly SessionInfo[] {
    return this.#opener.sessions();
  }

  deleteSession(id: string, keyId: string | undefined): boolean {
    return this.#opener.deleteSession(id, keyId);
  }

  /** How many turns wait for a worker that has room for them. */
  get waitingTurns(): number {
    return this.#opener.waitingTurns;
  }

  /** What waits for slow clients, of all answers together. */
  get bufferedBytes(): number {
    return this.#budget.bytes;
  }

  async callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    signal: TurnSignal,
  ): Promise<unknown> {
    const { catalogue, limits } = this.#options;
    const { readyTimeoutMs, toolTimeoutMs } = limits;
    await this.#client.whenUp(readyTimeoutMs, signal);
    if (!catalogue.offersTool(name)) await catalogue.refresh();
    if (!catalogue.offersTool(name)) {
      throw new Fault('not-offered', `no bee on this hum offers the tool '${name}'`, { param: name });
    }
    return this.#toolCalls.call(name, args, toolTimeoutMs, signal);
  }

  turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]> {
    return new DeferredTurn(() => {
      const { stop } = request.sampling;
      if (stop !== undefined) requireFewStops(stop);
      if (this.#isStopping) throw stopping();
      const opened = this.#client.isUp ? this.#open(request, signal) : this.#openOnceUp(request, signal);
      if (!(opened instanceof Promise)) return eventsOf(opened, stop);
      return opened.then(
        (turn) => eventsOf(turn, stop),
        (error: unknown) => {
          throw this.#isStopping ? stopping() : error;
        },
      );
    }, signal);
  }

  /** While the link was down, the model was found in the configuration alone: who serves it is known only with the link. */
  async #openOnceUp(request: TurnRequest, signal: TurnSignal): Promise<OpenedTurn> {
    const model = requireFound(request.resolved);
    await this.#client.whenUp(this.#options.limits.readyTimeoutMs, signal);
    const resolved = model && (await this.resolveModel(model.id, signal));
    return this.#open({ ...request, resolved }, signal);
  }

  #open(request: TurnRequest, signal: TurnSignal): OpenedTurn | Promise<OpenedTurn> {
    signal.throwIfAborted();
    const model = requireFound(request.resolved);
    const target = { modelId: model?.target ?? request.model, card: model?.card };
    return this.#opener.open(request, target, signal);
  }
}

/** The events of a turn, cut at the first of the stop sequences. */
function eventsOf(opened: OpenedTurn, stop: readonly string[] = []): AsyncIterable<readonly Event[]> {
  if (stop.length === 0) return opened.events;
  return cutAtStop(opened.events, stop, (outputCharacters) =>
    toUsage(undefined, { promptCharacters: opened.promptCharacters(), outputCharacters }),
  );
}

/** For turns that run, and for those that waited for their turn until then. */
function stopping(): Fault {
  return new Fault('shutting-down', 'the bridge is stopping', { retryAfterSeconds: 1 });
}

function linkLost(): Fault {
  return new Fault('link-lost', 'the link to humd broke while the model was answering');
}
