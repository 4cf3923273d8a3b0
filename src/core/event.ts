/** Everything that can happen in a turn, as the surfaces see it. */
import type { Fault } from './fault.js';
import type { TokenLogprob } from './logprobs.js';

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter';

/** Token counts of one turn; all are whole numbers ≥ 0. */
export interface Usage {
  /** All input tokens: fresh, read from a cache and written to one. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Those of `promptTokens` that were read from a cache. */
  readonly cachedTokens: number;
  /** Those of `promptTokens` that were written to a cache; absent where there are none. */
  readonly cacheWriteTokens?: number;
  /** Those of `completionTokens` that were thoughts; absent where there are none, or they were not counted. */
  readonly reasoningTokens?: number;
  /** True where a count is a guess from the number of characters because the worker gave none. */
  readonly estimated: boolean;
  /** True where only the count of the completion is such a guess. */
  readonly isPromptCounted?: true;
}

/** A tool of the mesh, or the worker's own, that a worker has called and had its result of. */
export interface RanTool {
  /** Where it is offered: the server in its name, `hum` where there is none. */
  readonly server: string;
  /** Without its server. */
  readonly name: string;
  /** JSON text of the arguments. */
  readonly input: string;
  readonly output: string;
  readonly isError: boolean;
}

/** What the answer cache had for a turn. */
export type CacheOutcome = 'hit' | 'miss';

/** `tools-unconfirmed`: the worker does not say that it has all tools of the request. */
export type TurnNote = 'tools-unconfirmed';

export type Event =
  /**
   * The worker's process is up. Nothing of it is written to the client, and response headers still wait. `cache`: the turn could be
   * answered from the answer cache, and was (`hit`) or was not (`miss`). `note`: what the head of the answer is to say. `unfitCalls`: the
   * strict tools of which a call follows that does not fit the schema.
   */
  | {
      readonly type: 'ready';
      readonly cache?: CacheOutcome;
      readonly note?: TurnNote;
      readonly unfitCalls?: readonly string[];
    }
  /**
   * `isBreak`: no text of the model, but what separates two messages of it within one answer: line ends, or '' where they were
   * there already. Where an answer is made of blocks, the next one begins instead.
   */
  | { readonly type: 'text-delta'; readonly text: string; readonly isBreak?: true }
  | { readonly type: 'reasoning-delta'; readonly text: string }
  /** The probabilities of tokens, in front of what these are a part of. Only where the request asks for them. */
  | {
      readonly type: 'logprobs';
      readonly of: 'text' | 'reasoning' | 'call';
      readonly tokens: readonly TokenLogprob[];
    }
  /** A whole call for the client to run; `input` is JSON text of an object. */
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly input: string }
  /** A tool ran on the worker's side, and its client is told. Only where the request asks for it. */
  | { readonly type: 'tool-ran'; readonly tool: RanTool }
  /** `stopSequence`: the one that the answer was cut at, where that is known. */
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly usage: Usage;
      readonly stopSequence?: string;
    }
  | { readonly type: 'fault'; readonly fault: Fault };

/** True for the events after which a turn has nothing more to say. Every turn has exactly one. */
export function isEnd(event: Event): event is Extract<Event, { type: 'finish' | 'fault' }> {
  return event.type === 'finish' || event.type === 'fault';
}

/** What several turns took together. Every turn reads the prompt for itself, so that its tokens count once for each. */
export function addUsage(one: Usage, other: Usage): Usage {
  const cacheWriteTokens = (one.cacheWriteTokens ?? 0) + (other.cacheWriteTokens ?? 0);
  const reasoningTokens = (one.reasoningTokens ?? 0) + (other.reasoningTokens ?? 0);
  return {
    promptTokens: one.promptTokens + other.promptTokens,
    completionTokens: one.completionTokens + other.completionTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
    estimated: one.estimated || other.estimated,
  };
}
