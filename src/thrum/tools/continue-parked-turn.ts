/** Hands the tool results that a request brings to the worker that waits for them, and remembers whether a link delivers results. */
import { z } from 'zod';
import type { TurnSignal } from '../../core/abort.js';
import { parseShared, type ReplicaChannel } from '../../shared/replica-store.js';
import { encodeOffLoop, isLarge } from '../link/encode-off-loop.js';
import type { SentTone } from '../link/tone-codec.js';
import type { TurnFacts } from '../turn/read-tones.js';
import type { Turn } from '../turn/turn.js';
import type { LinkTurns } from '../turn/turns.js';
import type { ParkedMark, ParkedTurns } from './parked-turns.js';
import { type Continuation, matchResults, type RoutedResult } from './tool-results.js';

/** What is configured: `auto` tries once and remembers. */
export type ToolResultsSetting = 'auto' | 'route' | 'replay';

/** Read at each use. */
export interface ContinueLimits {
  readonly toolResults: ToolResultsSetting;
}

/** How long a worker may take to show that a result has reached it, where that has not been seen before, in ms. */
const TRIAL_MS = 300;
/** The same where it is known, or configured, to work. */
const TRUSTED_MS = 10_000;

/** After so long it is tried again whether results are delivered now, in ms. */
const RETRY_AFTER_MS = 60_000;

type Known = { readonly does: 'deliver' } | { readonly does: 'drop'; readonly since: number };

/**
 * Whether results reach a waiting worker on this link, for tools that our hello lists and for others apart: humd routes by that. One
 * delivery proves that they do, for as long as the link is up. That they do not is believed for a minute after a worker that lives was
 * sent results and did not take them; a worker that is silent proves nothing. All times are in ms on the monotonic clock.
 */
export class ResultRoutes {
  readonly #limits: ContinueLimits;
  readonly #known = new Map<boolean, Known>();

  constructor(limits: ContinueLimits) {
    this.#limits = limits;
  }

  /** True if it is worth while to let a worker wait for results. */
  mayPark(isDeclared: boolean, now: number): boolean {
    const { toolResults } = this.#limits;
    if (toolResults !== 'auto') return toolResults === 'route';
    const known = this.#known.get(isDeclared);
    return known?.does !== 'drop' || now - known.since >= RETRY_AFTER_MS;
  }

  /** How long to wait for a sign that a waiting worker took its results, in ms; undefined: replay at once. */
  waitMs(isDeclared: boolean): number | undefined {
    const { toolResults } = this.#limits;
    if (toolResults === 'replay') return undefined;
    return toolResults === 'route' || this.#known.get(isDeclared)?.does === 'deliver' ? TRUSTED_MS : TRIAL_MS;
  }

  delivered(isDeclared: boolean): void {
    this.#known.set(isDeclared, { does: 'deliver' });
  }

  dropped(isDeclared: boolean, now: number): void {
    if (this.#known.get(isDeclared)?.does !== 'deliver')
      this.#known.set(isDeclared, { does: 'drop', since: now });
  }

  /** A new link may behave in another way. */
  forget(): void {
    this.#known.clear();
  }
}

export interface ContinueOptions {
  readonly turns: LinkTurns;
  readonly routes: ResultRoutes;
  readonly createRid: () => string;
  /** True if our hello lists the tool. */
  isDeclared(tool: string): boolean;
}

/** A request that brings the results of a parked turn's calls. */
export interface BroughtResults {
  readonly turn: Turn;
  readonly continuation: Continuation;
  /** True for a worker that reads `output`, and would take a late `result` for a new question. */
  readonly outputOnly: boolean;
  readonly signal: TurnSignal;
  /** What the reader has to know of the request. */
  readonly facts: TurnFacts;
}

/**
 * Sends the results to the worker of a turn that is parked and that no other request can find any more. Resolves with true when the
 * worker goes on, with false where the results have to be replayed: then the turn was given up. Rejects with the signal's reason, or as
 * `encodeOffLoop` does.
 */
export async function continueParkedTurn(
  options: ContinueOptions,
  { turn, continuation, outputOnly, signal, facts }: BroughtResults,
): Promise<boolean> {
  const { turns, routes, createRid } = options;
  const results = matchResults(turn.calls, continuation);
  const isDeclared = areDeclared(turn, options);
  const waitMs = routes.waitMs(isDeclared);
  if (results === undefined || waitMs === undefined) {
    turn.giveUp();
    return false;
  }
  turn.follow(signal);
  let tones: readonly { readonly rid: string; readonly tone: SentTone }[];
  try {
    tones = await Promise.all(
      results.map((result) => toResultTone(turn.sid, result, outputOnly, createRid(), signal)),
    );
    signal.throwIfAborted();
  } catch (error) {
    turn.giveUp();
    throw error;
  }
  // The worker may have ended, or the link broken, while the results were encoded.
  if (turn.state.at !== 'parked') return false;
  const isTaken = await turns.sendResults(turn, tones, facts, waitMs);
  signal.throwIfAborted();
  if (isTaken) routes.delivered(isDeclared);
  else turn.onStopped = () => routes.dropped(isDeclared, performance.now());
  return isTaken;
}

/** True if our hello named the tools of all of a turn's calls: humd routes results by that. */
export function areDeclared(turn: Turn, { isDeclared }: Pick<ContinueOptions, 'isDeclared'>): boolean {
  return turn.calls.every((call) => isDeclared(call.workerName));
}

async function toResultTone(
  sid: string,
  result: RoutedResult,
  outputOnly: boolean,
  rid: string,
  signal: TurnSignal,
) {
  const { call, output, isError } = result;
  const tone = {
    chi: 'tool-result',
    rid,
    sid,
    callId: call.workerId,
    toolName: call.workerName,
    // Workers read `output` first, older ones know only `result` (src/thrum/README.md, "Tones sent").
    ...(outputOnly ? {} : { result: output }),
    output,
    isError,
  };
  return { rid, tone: isLarge(output) ? await encodeOffLoop(tone, signal) : tone };
}

const CHANNEL = 'replay';

const announcement = z.object({
  replicaId: z.string(),
  mark: z.object({
    keyId: z.string().optional(),
    modelId: z.string(),
    callIds: z.array(z.string()).readonly(),
    withCalls: z.string(),
  }),
});

/** Tells the replicas of a hive that tool results are being replayed here, so that the one that has the parked turn gives it up. */
export class ReplayNotices {
  readonly #channel: ReplicaChannel | undefined;

  constructor(channel: ReplicaChannel | undefined, parked: ParkedTurns) {
    this.#channel = channel;
    channel?.subscribe(CHANNEL, (message) => {
      const told = parseShared(announcement, message);
      if (told !== undefined && told.replicaId !== channel.replicaId) parked.abandon(told.mark);
    });
  }

  /** False: there are no other replicas. */
  get isShared(): boolean {
    return this.#channel !== undefined;
  }

  /** If the message is lost, the parked turn ends when it has waited for long enough. */
  announce(mark: ParkedMark): void {
    const { replicaId } = this.#channel ?? {};
    void this.#channel?.publish(CHANNEL, JSON.stringify({ replicaId, mark }));
  }
}
