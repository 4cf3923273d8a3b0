/** The conversation port over thrum: finds the model, opens a session for each turn and streams its events. */
import type { Logger } from 'pino';
import { cutAtStop } from '../conversation/cut-at-stop.js';
import type { Event } from '../conversation/event.js';
import { Fault } from '../conversation/fault.js';
import { findModel, type Model } from '../conversation/model.js';
import type { Conversation, LinkState } from '../conversation/port.js';
import type { TurnRequest } from '../conversation/request.js';
import { ThrumClient } from './client.js';
import { modelNotFound } from './error-tone.js';
import { type Introduction, toHelloTone } from './hello.js';
import type { ParkedLimits } from './parked-turns.js';
import type { ToolResultsSetting } from './result-ways.js';
import { createRidSource } from './rid.js';
import { type SessionLimits, Sessions } from './sessions.js';
import { StrayCalls } from './stray-calls.js';
import { ToolCalls } from './tool-calls.js';
import { type OpenedTurn, type Target, TurnOpener } from './turn-opener.js';
import { toUsage } from './usage.js';

/** The models that can be asked for, as far as configuration and roster know. */
export interface Catalogue {
  /** @param live whether the link is up: the roster counts only then */
  models(live: boolean): readonly Model[];
  /** True if a bee offers this tool to the mesh now. */
  offersTool(name: string): boolean;
  /** The id of the one worker that serves this model; undefined if there are several, or nobody knows. */
  onlyWorkerOf(modelId: string): string | undefined;
  /** False if the worker is known to be gone. */
  isThere(worker: string): boolean;
  /** Calls `listener` whenever the roster has changed. */
  onChange(listener: () => void): void;
  /** True if there are workers for this model and each of them remembers its sessions. */
  isStateful(modelId: string): boolean;
  /** Reads the roster afresh. False: there is none to read, and humd decides. */
  refresh(): Promise<boolean>;
}

export interface NestOptions extends SessionLimits, ParkedLimits {
  /** Who we are, but for the address, which is known once it is bound. */
  readonly introduction: Omit<Introduction, 'bind'>;
  readonly catalogue: Catalogue;
  socketPath(): string;
  /** How long a request waits for the link, in ms. */
  readonly readyTimeoutMs: number;
  readonly maxToneBytes: number;
  /** How long a tool of another bee may take, in ms. */
  readonly toolTimeoutMs: number;
  readonly toolResults: ToolResultsSetting;
  readonly showWorkerTools: boolean;
  readonly log: Logger;
}

/** How long a worker must be missing from the roster before its turns count as dead. */
const GONE_AFTER_MS = 500;

export class Nest implements Conversation {
  readonly #options: NestOptions;
  readonly #client: ThrumClient;
  readonly #sessions: Sessions;
  readonly #opener: TurnOpener;
  readonly #toolCalls: ToolCalls;
  #bind: Introduction['bind'] = { host: '', port: 0 };
  #goneTimer: NodeJS.Timeout | undefined;

  constructor(options: NestOptions) {
    this.#options = options;
    const { introduction, catalogue, log } = options;
    const createRid = createRidSource();
    const send = (tone: Readonly<Record<string, unknown>>) => this.#client.send(tone);
    const declaredTools = new Set(introduction.tools.map((tool) => tool.name));
    this.#toolCalls = new ToolCalls(createRid, send);
    this.#sessions = new Sessions({
      limits: options,
      createRid,
      send,
      acceptToolResult: (tone) => this.#toolCalls.accept(tone),
      strayCalls: new StrayCalls(declaredTools, createRid, send),
      onPhase: (session) => this.#opener.onPhase(session),
      onSweep: (now) => this.#opener.onSweep(now),
    });
    this.#opener = new TurnOpener(
      {
        ...options,
        hive: introduction.hive,
        hid: introduction.hid,
        declaredTools,
        createRid,
        send,
        isStateful: (modelId) => catalogue.isStateful(modelId),
        onlyWorkerOf: (modelId) => catalogue.onlyWorkerOf(modelId),
      },
      this.#sessions,
    );
    catalogue.onChange(() => this.#noticeGoneWorkers());
    this.#client = new ThrumClient({
      socketPath: options.socketPath,
      hello: (rid) => toHelloTone({ ...introduction, bind: this.#bind }, rid),
      createRid,
      maxToneBytes: options.maxToneBytes,
      log,
      onTones: (tones) => this.#sessions.accept(tones),
      onLost: () => {
        this.#opener.onLost();
        this.#sessions.loseAll(linkLost());
        this.#toolCalls.loseAll(linkLost());
      },
    });
  }

  /**
   * A worker that dies says nothing (spec/thrum.md); that it stands no longer in the roster is how its turns are known to be
   * dead. It has a moment to come back, as the roster is rewritten with every hello.
   */
  #noticeGoneWorkers(): void {
    this.#goneTimer ??= setTimeout(() => {
      this.#goneTimer = undefined;
      setImmediate(() => this.#sessions.failOrphans((worker) => this.#options.catalogue.isThere(worker)));
    }, GONE_AFTER_MS).unref();
  }

  /** Begins to dial; the hello will name the address that is really bound. */
  start(bind: Introduction['bind']): void {
    this.#bind = bind;
    this.#client.start();
  }

  /** Resolves when the link is up; rejects with `link-down` after `timeoutMs`. */
  whenUp(timeoutMs: number): Promise<void> {
    return this.#client.whenUp(timeoutMs, new AbortController().signal);
  }

  /** Cancels what is open, lets the cancels leave and hangs up. May be called twice. */
  async close(): Promise<void> {
    this.#sessions.cancelAll(new Fault('shutting-down', 'the bridge is stopping', { retryAfterSeconds: 1 }));
    await this.#client.close();
  }

  link(): LinkState {
    return this.#client.isUp ? 'up' : 'down';
  }

  models(): readonly Model[] {
    return this.#options.catalogue.models(this.#client.isUp);
  }

  /** How many turns clients wait for. */
  get runningTurns(): number {
    return this.#sessions.running;
  }

  /** How many sids humd may hold for us. */
  get openSids(): number {
    return this.#sessions.size;
  }

  /** How many workers wait for tool results. */
  get parkedTurns(): number {
    return this.#opener.parkedTurns;
  }

  async callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { catalogue, readyTimeoutMs, toolTimeoutMs } = this.#options;
    await this.#client.whenUp(readyTimeoutMs, signal);
    if (!catalogue.offersTool(name)) await catalogue.refresh();
    if (!catalogue.offersTool(name)) {
      throw new Fault('not-offered', `no bee on this hum offers the tool '${name}'`, { param: name });
    }
    return this.#toolCalls.call(name, args, toolTimeoutMs, signal);
  }

  async *turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<readonly Event[], void, undefined> {
    let opened: OpenedTurn;
    try {
      opened = await this.#open(request, signal);
    } catch (error) {
      if (!signal.aborted) yield [{ type: 'fault', fault: Fault.from(error) }];
      return;
    }
    const onAbort = () => opened.leave();
    signal.addEventListener('abort', onAbort);
    try {
      const { stop = [] } = request.sampling;
      if (stop.length === 0) yield* opened.events;
      else
        yield* cutAtStop(opened.events, stop, (outputCharacters) =>
          toUsage(undefined, { ...opened, outputCharacters }),
        );
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #open(request: TurnRequest, signal: AbortSignal): Promise<OpenedTurn> {
    const { readyTimeoutMs } = this.#options;
    await this.#client.whenUp(readyTimeoutMs, signal);
    const target = await this.#resolveModel(request.model);
    await this.#client.whenUp(readyTimeoutMs, signal);
    signal.throwIfAborted();
    return this.#opener.open(request, target, signal);
  }

  /** The model that is meant. A miss is read afresh once before it is a fault; without a roster humd decides. */
  async #resolveModel(asked: string): Promise<Target> {
    const known = findModel(this.models(), asked);
    if (known) return { modelId: known.target, card: known.card };
    const hasRoster = await this.#options.catalogue.refresh();
    const found = findModel(this.models(), asked);
    if (found) return { modelId: found.target, card: found.card };
    if (hasRoster) throw modelNotFound(asked);
    return { modelId: asked, card: undefined };
  }
}

function linkLost(): Fault {
  return new Fault('link-lost', 'the link to humd broke while the model was answering');
}
