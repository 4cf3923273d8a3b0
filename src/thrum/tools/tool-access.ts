/**
 * What the workers of this hum may call in our turns: which tools of clients stand in our hello, what a prompt denies, and whether the
 * tools that a worker's process says it has are those that its turn may have.
 */
import type { Logger } from 'pino';
import type { TurnSignal } from '../../core/abort.js';
import { foundModel } from '../../core/model.js';
import type { TurnRequest } from '../../core/request.js';
import { Waiters } from '../../core/waiters.js';
import type { Turn } from '../turn/turn.js';
import { claudeToolNames } from './claude-tools.js';
import type { DeclaredTools, DeclaredUse } from './declared-tools.js';
import { deniedTools, judgeTools, ownToolsIn } from './tool-plan.js';

/** Read at each use. */
export interface ToolAccessLimits {
  /** How long a turn may wait for room for its tools, in ms. */
  readonly queueTimeoutMs: number;
  /** Further names of the CLI's own tools, besides those that are known. */
  readonly workerToolNames?: readonly string[];
}

export interface ToolAccessOptions {
  readonly declared: DeclaredTools;
  readonly limits: ToolAccessLimits;
  /** False if humd's list of bees does not have us any more: then no result is routed to us. */
  isListed(): boolean;
  /** The tools that stand in the hello of other bees. */
  othersTools(): Iterable<string>;
  readonly log: Logger;
}

/**
 * How long new tools wait for processes that are starting, in ms: one that lists its tools meanwhile would list them, too, and would have
 * to start once more. A process starts twice, which takes up to two seconds each.
 */
const START_WAIT_MS = 5_000;
/** How long new tools wait for those of other requests, in ms: agents that begin at once then start together, each denying the others' tools. */
const GATHER_MS = 50;
/** How many names a line of the log has. */
const MAX_LOGGED_TOOLS = 10;

/** True unless every worker of the request's model is known to be something else. */
export function mayReachClaude({ resolved }: Pick<TurnRequest, 'resolved'>): boolean {
  return foundModel(resolved)?.profile?.isClaude !== false;
}

export class ToolAccess {
  readonly #options: ToolAccessOptions;
  /** Turns whose worker has been asked, and has not said yet that its process is up: it may list what stands in our hello. */
  readonly #starting = new Set<Turn>();
  /** The new tools of turns that wait for some of these, by which. */
  readonly #waiting = new Waiters<readonly Turn[]>();
  /** The names of tools that wait to be declared. */
  readonly #planned = new Set<readonly string[]>();
  /** Tools of the worker that it listed although all that were known had been denied. */
  readonly #learned = new Set<string>();
  /** Workers, by their connection, whose processes connect to their tools after they say what they have. */
  readonly #late = new Set<string | undefined>();
  readonly #uses = new WeakMap<Turn, DeclaredUse>();

  constructor(options: ToolAccessOptions) {
    this.#options = options;
  }

  /** True if the request's tools go into our hello, because its workers call what stands there. */
  declares({ resolved }: TurnRequest): boolean {
    return foundModel(resolved)?.profile?.callsMeshTools === true && this.#options.isListed();
  }

  /** Those of the request's tools that its prompt carries: what stands in the hello must not stand in a prompt as well. */
  toolsOfPrompt(request: TurnRequest): TurnRequest['tools'] {
    if (request.tools.length === 0) return request.tools;
    if (this.declares(request)) return [];
    return request.tools.filter(({ name }) => !this.#options.declared.isConfigured(name));
  }

  /**
   * Takes the tools of a request into use for a turn. New ones wait for the processes that are starting and would list them as well,
   * five seconds at most; what starts meanwhile denies them. Undefined where the request's tools are not declared. Rejects as `DeclaredTools.use` does. Between its end and the
   * prompt nothing may be awaited: the prompt denies what the hello in front of it lists.
   */
  async take(request: TurnRequest, signal: TurnSignal): Promise<DeclaredUse | undefined> {
    if (!this.declares(request)) return undefined;
    const { declared, limits } = this.#options;
    const names = declared.newNames(request.tools);
    if (names.length === 0) return declared.use(request.tools, limits.queueTimeoutMs, signal);
    this.#planned.add(names);
    try {
      await this.#untilStarted(signal);
      return await declared.use(request.tools, limits.queueTimeoutMs, signal);
    } finally {
      this.#planned.delete(names);
    }
  }

  /** The tools are the turn's until `release`. To be called right before its prompt is sent. */
  give(turn: Turn, use: DeclaredUse | undefined, { rights }: TurnRequest): void {
    if (use === undefined) return;
    this.#uses.set(turn, use);
    // A prompt that denies the whole of the mesh has a process that lists nothing of it.
    if (use.clientNames.size > 0 || (rights?.workerTools ?? 'none') !== 'none') this.#starting.add(turn);
  }

  /** The tools that a turn has in use, if they are declared. */
  useOf(turn: Turn): DeclaredUse | undefined {
    return this.#uses.get(turn);
  }

  /** Nothing is left of a turn that could call its tools for a client. May be called twice. */
  release(turn: Turn): void {
    this.#uses.get(turn)?.release();
    this.#onEnd(turn);
  }

  /**
   * The names for a prompt's `disallowedTools`; undefined where there is nothing to deny. A prompt that may reach Claude Code's CLI
   * denies its tools whether the client's are declared or not: where humd does not list us, where one worker of several is of that
   * kind, and where nobody knows which workers there are.
   */
  denied(request: TurnRequest, use: DeclaredUse | undefined): readonly string[] | undefined {
    const { declared, limits, othersTools } = this.#options;
    const ofClaude =
      use === undefined && !mayReachClaude(request)
        ? []
        : deniedTools({
            own: new Set(use?.clientNames.keys() ?? request.tools.map(({ name }) => name)),
            rights: request.rights,
            declared: [...declared.names(), ...[...this.#planned].flat()],
            others: othersTools(),
            workerTools: [...claudeToolNames(limits.workerToolNames ?? []), ...this.#learned],
          });
    if (use !== undefined) return ofClaude;
    // Workers of other kinds are offered all that stands in our hello as well, under its plain name.
    const foreign = [...declared.names()].filter((name) => !declared.isConfigured(name));
    const denied = [...ofClaude, ...foreign];
    return denied.length === 0 ? undefined : denied;
  }

  /**
   * Waits until the worker of a turn whose prompt was just sent says which tools its process has. `again`: it must not go on, and the
   * prompt is to go out under a fresh sid; `unconfirmed`: it may not have all of the request's tools yet.
   * @param start how often the prompt of this request has gone out
   */
  async check(turn: Turn, request: TurnRequest, start: number): Promise<'fine' | 'again' | 'unconfirmed'> {
    const use = this.#uses.get(turn);
    if (use === undefined) return 'fine';
    const listed = await turn.whenStarted();
    this.#onEnd(turn);
    if (listed === undefined) return 'fine';
    const own = new Set(use.clientNames.keys());
    const declared = this.#options.declared.names();
    const { beyond, missing } = judgeTools(listed, { own, rights: request.rights, declared });
    if (beyond.length > 0) {
      for (const name of ownToolsIn(beyond)) this.#learned.add(name);
      this.#warn(turn, beyond, 'a worker had tools that its turn may not use: it was stopped');
      return 'again';
    }
    if (missing.length === 0) return 'fine';
    if (this.#late.has(turn.worker)) return 'unconfirmed';
    if (start === 1) return 'again';
    this.#late.add(turn.worker);
    this.#warn(
      turn,
      missing,
      'a worker says that it is up before it has its tools: its turns go on unconfirmed',
    );
    return 'unconfirmed';
  }

  /** Some time has passed: tools that no turn has used for long leave our hello. */
  sweep(): void {
    this.#options.declared.sweep();
  }

  #warn(turn: Turn, tools: readonly string[], message: string): void {
    this.#options.log.warn({ sid: turn.sid, tools: tools.slice(0, MAX_LOGGED_TOOLS) }, message);
  }

  #onEnd(turn: Turn): void {
    if (!this.#starting.delete(turn)) return;
    for (const turns of this.#waiting)
      if (turns.every((one) => !this.#starting.has(one))) this.#waiting.resolve(turns);
  }

  /** Waits for the processes that are starting now; where there are none, for other requests that bring new tools. */
  #untilStarted(signal: TurnSignal): Promise<void> {
    const turns = [...this.#starting];
    const timeoutMs = turns.length === 0 ? GATHER_MS : START_WAIT_MS;
    return this.#waiting.add(turns, { signal, timeoutMs, late: () => undefined });
  }
}
