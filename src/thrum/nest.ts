/** The conversation port over thrum: finds the model, opens a session for each turn and streams its events. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Event } from '../conversation/event.js';
import { Fault } from '../conversation/fault.js';
import { findModel, type Model } from '../conversation/model.js';
import type { Conversation, LinkState } from '../conversation/port.js';
import type { TurnRequest } from '../conversation/request.js';
import { ThrumClient } from './client.js';
import { modelNotFound } from './error-tone.js';
import { type Introduction, toHelloTone } from './hello.js';
import { toPromptTone } from './prompt-tone.js';
import { createRidSource } from './rid.js';
import type { Session } from './session.js';
import { type SessionLimits, Sessions } from './sessions.js';
import { ToolCalls } from './tool-calls.js';

/** The models that can be asked for, as far as configuration and roster know. */
export interface Catalogue {
  /** @param live whether the link is up: the roster counts only then */
  models(live: boolean): readonly Model[];
  /** True if a bee offers this tool to the mesh now. */
  offersTool(name: string): boolean;
  /** Reads the roster afresh. False: there is none to read, and humd decides. */
  refresh(): Promise<boolean>;
}

export interface NestOptions extends SessionLimits {
  /** Who we are, but for the address, which is known once it is bound. */
  readonly introduction: Omit<Introduction, 'bind'>;
  readonly catalogue: Catalogue;
  socketPath(): string;
  /** How long a request waits for the link, in ms. */
  readonly readyTimeoutMs: number;
  readonly maxToneBytes: number;
  /** How long a tool of another bee may take, in ms. */
  readonly toolTimeoutMs: number;
  readonly log: Logger;
}

export class Nest implements Conversation {
  readonly #options: NestOptions;
  readonly #createRid = createRidSource();
  readonly #client: ThrumClient;
  readonly #sessions: Sessions;
  readonly #toolCalls: ToolCalls;
  #bind: Introduction['bind'] = { host: '', port: 0 };

  constructor(options: NestOptions) {
    this.#options = options;
    this.#sessions = new Sessions({
      limits: options,
      createRid: this.#createRid,
      send: (tone) => this.#client.send(tone),
      acceptToolResult: (tone) => this.#toolCalls.accept(tone),
    });
    this.#toolCalls = new ToolCalls(this.#createRid, (tone) => this.#client.send(tone));
    this.#client = new ThrumClient({
      socketPath: options.socketPath,
      hello: (rid) => toHelloTone({ ...options.introduction, bind: this.#bind }, rid),
      createRid: this.#createRid,
      maxToneBytes: options.maxToneBytes,
      log: options.log,
      onTones: (tones) => this.#sessions.accept(tones),
      onLost: () => {
        this.#sessions.loseAll(linkLost());
        this.#toolCalls.loseAll(linkLost());
      },
    });
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
    let session: Session;
    try {
      session = await this.#open(request, signal);
    } catch (error) {
      if (!signal.aborted) yield [{ type: 'fault', fault: Fault.from(error) }];
      return;
    }
    const onAbort = () => session.leave();
    signal.addEventListener('abort', onAbort);
    try {
      yield* session;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #open(request: TurnRequest, signal: AbortSignal): Promise<Session> {
    const { readyTimeoutMs } = this.#options;
    await this.#client.whenUp(readyTimeoutMs, signal);
    const modelId = await this.#resolveModel(request.model);
    await this.#client.whenUp(readyTimeoutMs, signal);
    signal.throwIfAborted();
    const sid = randomUUID();
    const rid = this.#createRid();
    const hive = this.#options.introduction.hive;
    const prompt = toPromptTone(request, { rid, sid, hive, modelId });
    const toolNames = new Set(request.tools.map((tool) => tool.name));
    const facts = { model: request.model, toolNames, promptCharacters: prompt.characters };
    return this.#sessions.open(sid, rid, facts, prompt.tone);
  }

  /** The name to send to humd. A miss is read afresh once before it is a fault; without a roster humd decides. */
  async #resolveModel(asked: string): Promise<string> {
    const known = findModel(this.models(), asked);
    if (known) return known.target;
    const hasRoster = await this.#options.catalogue.refresh();
    const found = findModel(this.models(), asked);
    if (found) return found.target;
    if (hasRoster) throw modelNotFound(asked);
    return asked;
  }
}

function linkLost(): Fault {
  return new Fault('link-lost', 'the link to humd broke while the model was answering');
}
