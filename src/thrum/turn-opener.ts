/**
 * Decides how a request goes out: its results to the worker that is parked for them, its new messages to a session that
 * remembers the others, or, which always works, the whole conversation as a transcript under a fresh sid.
 */
import { randomUUID } from 'node:crypto';
import type { Event } from '../conversation/event.js';
import { fitHistory } from '../conversation/fit-history.js';
import type { Model } from '../conversation/model.js';
import type { Message, TurnRequest } from '../conversation/request.js';
import { callsDigest, type Origin, originOf, prefixDigests } from './history-digest.js';
import { KeptSessions } from './kept-sessions.js';
import { type ParkedLimits, ParkedTurns } from './parked-turns.js';
import { toPromptTone } from './prompt-tone.js';
import { ResultWays, type ToolResultsSetting } from './result-ways.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';
import type { TurnFacts } from './tone-reader.js';
import { type Continuation, findContinuation, matchResults, type RoutedResult } from './tool-results.js';
import { watchAnswer } from './watch-answer.js';

export interface TurnOpenerOptions extends ParkedLimits {
  readonly hive: string;
  readonly hid: string;
  readonly toolResults: ToolResultsSetting;
  /** Names of the tools in our hello: humd routes results by them. */
  readonly declaredTools: ReadonlySet<string>;
  /** Tell a client, as reasoning, what tools run on the worker's side. */
  readonly showWorkerTools: boolean;
  readonly createRid: () => string;
  send(tone: Readonly<Record<string, unknown>>): void;
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

/** One way out: the prompt's messages, and the sid and nest that they go to. */
interface Route {
  readonly messages: readonly Message[];
  readonly sid: string;
  readonly resume?: string;
}

export class TurnOpener {
  readonly #options: TurnOpenerOptions;
  readonly #sessions: Sessions;
  readonly #parked: ParkedTurns;
  readonly #kept: KeptSessions;
  readonly #ways: ResultWays;
  /** Counts the lives of the link: a session of an earlier one has to be resumed. */
  #linkLife = 0;

  constructor(options: TurnOpenerOptions, sessions: Sessions) {
    this.#options = options;
    this.#sessions = sessions;
    this.#parked = new ParkedTurns(options);
    this.#kept = new KeptSessions((sid) => this.#cleanUp(sid));
    this.#ways = new ResultWays(options.toolResults);
  }

  get parkedTurns(): number {
    return this.#parked.count;
  }

  /** The link is gone: what was learned of it and what was parked on it is void. */
  onLost(): void {
    this.#linkLife++;
    this.#ways.forget();
  }

  onPhase(session: Session): void {
    if (session.phase !== 'parked') this.#parked.remove(session.sid);
  }

  onSweep(now: number): void {
    this.#parked.sweep(now);
    this.#kept.purge();
  }

  /** Throws `context-too-long`, or the signal's reason. */
  async open(request: TurnRequest, target: Target, signal: AbortSignal): Promise<OpenedTurn> {
    const { modelId, card } = target;
    const fitted = card ? fitHistory(request, card.contextLength) : request.messages;
    const origin = originOf(request, modelId);
    const continuation = findContinuation(request);
    const needsDigests = this.#parked.count > 0 || request.sessionHint !== undefined;
    const digests = needsDigests ? prefixDigests(origin, request.messages) : [];
    const turn = continuation && this.#parked.take(continuation, origin, digests);
    this.#parked.leaveBehind(digests);
    if (turn && continuation) {
      const routed = await this.#route(turn.session, request, continuation, origin);
      signal.throwIfAborted();
      if (routed) return routed;
    }
    if (request.sessionHint !== undefined && this.#options.isStateful(modelId)) {
      return this.#openKept(request, fitted, request.sessionHint, origin, digests);
    }
    return this.#prompt(request, origin, { messages: fitted, sid: randomUUID() }, false);
  }

  /** Hands results to the parked worker. Undefined if they do not reach it: then they have to be replayed. */
  async #route(
    session: Session,
    request: TurnRequest,
    continuation: Continuation,
    origin: Origin,
  ): Promise<OpenedTurn | undefined> {
    const results = matchResults(session.calls, continuation);
    const isDeclared = this.#areDeclared(session);
    const waitMs = this.#ways.waitMs(isDeclared);
    if (results === undefined || waitMs === undefined) {
      session.leave();
      return undefined;
    }
    const promptCharacters = results.reduce((sum, { output }) => sum + output.length, 0);
    const facts = this.#factsOf(request, promptCharacters);
    const onCalls = (closed: Session) => this.#onCalls(closed, request, origin);
    const events = this.#sessions.resume(session, facts, onCalls);
    const heard = session.hearsWithin(waitMs);
    for (const result of results) this.#sendResult(session.sid, result);
    const isRouted = await heard;
    this.#ways.learn(isDeclared, isRouted ? 'route' : 'replay');
    if (isRouted) {
      return { events, promptCharacters, leave: () => events.leave(), nestId: () => session.nestId };
    }
    session.leave();
    return undefined;
  }

  #sendResult(sid: string, { call, output, isError }: RoutedResult): void {
    const rid = this.#options.createRid();
    // Workers read `output` first, older ones know only `result` (spec/thrum.md).
    const answer = { callId: call.id, toolName: call.name, result: output, output, isError };
    this.#options.send({ chi: 'tool-result', rid, sid, ...answer });
  }

  /** With a hint and a worker that remembers: only what is new goes out, if the rest is exactly what was seen here. */
  #openKept(
    request: TurnRequest,
    fitted: readonly Message[],
    hint: string,
    origin: Origin,
    digests: readonly string[],
  ): OpenedTurn {
    const { hid } = this.#options;
    const claim = this.#kept.claim({ hid, keyId: origin.keyId, modelId: origin.modelId, hint });
    const whole = { messages: fitted, sid: randomUUID() };
    if (claim === 'busy') return this.#prompt(request, origin, whole, false);
    const { id, kept } = claim;
    const known = kept === undefined ? -1 : digests.lastIndexOf(kept.digest);
    const news = known === -1 ? [] : request.messages.slice(known);
    const goesOn = kept !== undefined && news.length > 0 && news.every((message) => message.role === 'user');
    if (kept !== undefined && !goesOn) this.#cleanUp(kept.sid);
    const resume = goesOn && kept.linkLife !== this.#linkLife ? kept.nestId : undefined;
    const route = goesOn
      ? { messages: news, sid: kept.sid, ...(resume === undefined ? {} : { resume }) }
      : whole;
    const opened = this.#prompt(request, origin, route, true);
    const linkLife = this.#linkLife;
    const events = watchAnswer(opened.events, (answer) => {
      if (answer === undefined) {
        this.#cleanUp(route.sid);
        this.#kept.release(id);
        return;
      }
      const said: Message = { role: 'assistant', content: [{ type: 'text', text: answer }], toolCalls: [] };
      const digest = prefixDigests(origin, [...request.messages, said]).at(-1) ?? '';
      this.#kept.release(id, { sid: route.sid, digest, nestId: opened.nestId() ?? kept?.nestId, linkLife });
    });
    return { ...opened, events };
  }

  #prompt(
    request: TurnRequest,
    origin: Origin,
    { messages, sid, resume }: Route,
    isKept: boolean,
  ): OpenedTurn {
    const rid = this.#options.createRid();
    const address = { rid, sid, hive: this.#options.hive, modelId: origin.modelId };
    const prompt = toPromptTone({ ...request, messages }, address, resume);
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
    const prefix = prefixDigests(origin, request.messages).at(-1) ?? '';
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
      showWorkerTools: this.#options.showWorkerTools,
    };
  }

  #cleanUp(sid: string): void {
    this.#options.send({ chi: 'cleanup', rid: this.#options.createRid(), sid });
  }
}
