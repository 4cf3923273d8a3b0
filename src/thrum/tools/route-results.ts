/** Parks turns whose worker waits for tool results, and routes the results that requests bring. */
import type { TurnSignal } from '../../core/abort.js';
import { inputCharacters } from '../../core/estimate-tokens.js';
import { callsDigest } from '../../core/history-digest.js';
import type { TurnRequest } from '../../core/request.js';
import type { ReplicaChannel } from '../../shared/replica-store.js';
import { isLarge } from '../../threads/weight.js';
import { encodeOffLoop } from '../link/encode-off-loop.js';
import type { SentTone } from '../link/tone-codec.js';
import type { Conversations } from '../sessions/conversations.js';
import { learnDigests, prefixDigests } from '../sessions/history-digest.js';
import type { TurnStarter } from '../turn/start-turn.js';
import type { Opened, Turn } from '../turn/turn.js';
import type { LinkTurns } from '../turn/turns.js';
import { hasBeginning, markOf, PARK_MS, type ParkedTurn, type ParkedTurns } from './parked-turns.js';
import { ReplayNotices } from './replay-notices.js';
import { type ResultLimits, ResultRoutes } from './result-routes.js';
import { type Continuation, matchResults, type RoutedResult } from './tool-results.js';

export interface ResultRouterOptions {
  readonly limits: ResultLimits;
  readonly parked: ParkedTurns;
  readonly turns: LinkTurns;
  readonly starter: TurnStarter;
  readonly conversations: Conversations;
  readonly createRid: () => string;
  /** How the replicas of this hive tell each other what has happened; absent where it has none. */
  readonly channel?: ReplicaChannel | undefined;
  /** True if our hello lists the tool: humd routes results by that. */
  isDeclared(tool: string): boolean;
  /** From now on the tones of `sid` are about this request. */
  onSid(sid: string, request: TurnRequest): void;
}

export class ResultRouter {
  readonly #options: ResultRouterOptions;
  readonly #notices: ReplayNotices;
  readonly #routes: ResultRoutes;

  constructor(options: ResultRouterOptions) {
    this.#options = options;
    this.#notices = new ReplayNotices(options.channel, options.parked);
    this.#routes = new ResultRoutes(options.limits);
  }

  /** True where a conversation may be waited for: here, or at a replica that has to be told when it goes on without its worker. */
  get mayBeAwaited(): boolean {
    return this.#options.parked.count > 0 || this.#notices.isShared;
  }

  /** A turn is closed on its calls: until when its worker may wait for their results; undefined: not at all. */
  park(turn: Turn): number | undefined {
    const { opened } = turn;
    const now = performance.now();
    if (opened === undefined || !this.#routes.mayPark(this.#areDeclared(turn), now)) return undefined;
    const { request, origin } = opened;
    const prefix = prefixDigests(origin, request.messages).at(-1) ?? '';
    const isTaken = this.#options.parked.add({
      turn,
      keyId: origin.keyId,
      modelId: origin.modelId,
      callIds: turn.calls.map((call) => call.id),
      prefix,
      withCalls: callsDigest(prefix, turn.calls),
      beginning: turn.beginning,
      size: turn.calls.reduce((sum, call) => sum + call.input.length, 0),
    });
    return isTaken ? now + PARK_MS : undefined;
  }

  /** The link is gone: a new one may behave in another way. */
  onLost(): void {
    this.#routes.forget();
  }

  /**
   * Hands results to the worker that waits for them. The turn that goes on; undefined where they have to be replayed: a turn that waited
   * for them was given up, here or at another replica. Rejects with the signal's reason, or as `encodeOffLoop` does.
   * @param digests those of the request's prefixes; empty where the ids of the calls decide
   */
  async bring(
    opened: Opened,
    continuation: Continuation,
    digests: readonly string[],
    signal: TurnSignal,
  ): Promise<Turn | undefined> {
    const { request, origin } = opened;
    const { conversations, onSid } = this.#options;
    const parked = this.#find(opened, continuation, digests);
    if (parked === undefined) return undefined;
    const { turn } = parked;
    this.#options.parked.remove(turn);
    turn.follow(signal);
    try {
      await learnDigests(origin, request.messages, signal);
    } catch (error) {
      turn.giveUp();
      throw error;
    }
    // The worker knows what was said then: what its client has changed since is not in its session.
    if (turn.conversation !== undefined && !isSameHistory(opened, continuation, parked)) {
      conversations.drop(turn);
      turn.conversation = undefined;
    }
    turn.opened = opened;
    onSid(turn.sid, request);
    return (await this.#send(turn, opened, continuation, signal)) ? turn : undefined;
  }

  /** The parked turn that results are for; undefined where they have to be replayed, and what waited for them was told so. */
  #find(
    { request, origin }: Opened,
    continuation: Continuation,
    digests: readonly string[],
  ): ParkedTurn | undefined {
    const mark = markOf(continuation, origin, digests);
    const parked = this.#options.parked.find(mark);
    if (parked === undefined) {
      this.#options.parked.giveUpAnswered(origin.keyId, continuation.results);
      this.#notices.announce(mark);
      return undefined;
    }
    const { turn, modelId } = parked;
    // Its process was started with the instructions and the tools of then: others, those of an agent that took over or of tools that
    // the client has found since, come with a new prompt alone.
    const before = turn.opened?.request;
    if (modelId === origin.modelId && request.system === before?.system && !hasNewTools(request, before))
      return parked;
    turn.giveUp();
    return undefined;
  }

  /** True when the worker goes on; false where the results have to be replayed: then the turn was given up. */
  async #send(turn: Turn, opened: Opened, continuation: Continuation, signal: TurnSignal): Promise<boolean> {
    const { turns, starter, createRid } = this.#options;
    const { request, profile } = opened;
    const results = matchResults(turn.calls, continuation);
    const isDeclared = this.#areDeclared(turn);
    const waitMs = this.#routes.waitMs(isDeclared);
    if (results === undefined || waitMs === undefined) {
      turn.giveUp();
      return false;
    }
    // A claude worker reads `output`, and would take a late `result` for a new question.
    const outputOnly = profile?.isClaude === true;
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
    const facts = starter.toFacts(opened, turn, () => inputCharacters(request));
    const isTaken = await turns.sendResults(turn, tones, facts, waitMs);
    signal.throwIfAborted();
    if (isTaken) this.#routes.delivered(isDeclared);
    else turn.onStopped = () => this.#routes.dropped(isDeclared, performance.now());
    return isTaken;
  }

  /** True if our hello named the tools of all of a turn's calls: humd routes results by that. */
  #areDeclared(turn: Turn): boolean {
    return turn.calls.every((call) => this.#options.isDeclared(call.workerName));
  }
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

/** True if `request` brings a tool that the one before did not. */
function hasNewTools({ tools }: TurnRequest, before: TurnRequest | undefined): boolean {
  if (before === undefined || tools === before.tools) return false;
  const known = new Set(before.tools.map(({ name }) => name));
  return tools.some(({ name }) => !known.has(name));
}

/** True if the conversation before the calls, what was said with them, and the calls are what they were when the turn was parked. */
function isSameHistory({ request, origin }: Opened, continuation: Continuation, parked: ParkedTurn): boolean {
  const mark = markOf(continuation, origin, prefixDigests(origin, request.messages));
  return mark.withCalls === parked.withCalls && hasBeginning(parked, mark);
}
