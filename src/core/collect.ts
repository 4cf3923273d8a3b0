/** A whole answer is the collection of a turn's events; there is no second path for `stream: false`. */
import type { Event, FinishReason, RanTool, Usage } from './event.js';
import { Fault } from './fault.js';
import type { TokenLogprob } from './logprobs.js';

export interface Answer {
  readonly text: string;
  /** The same by the messages that the model wrote, without what separates them in `text`; absent where it wrote one. */
  readonly messages?: readonly string[];
  readonly reasoning: string;
  /** Those of all tokens, in order; absent where none came. */
  readonly logprobs?: readonly TokenLogprob[];
  /** Tools that ran on the worker's side, each with how many of `messages` had begun by then; absent where none is told of. */
  readonly ranTools?: readonly { readonly tool: RanTool; readonly after: number }[];
  readonly toolCalls: readonly Extract<Event, { type: 'tool-call' }>[];
  readonly reason: FinishReason;
  readonly stopSequence?: string;
  readonly usage: Usage;
}

/**
 * Reads a turn to its end. `onEvents`, if given, sees each batch as it comes (for timings).
 * Rejects with the turn's own fault; with `link-lost` if the events stop without an end.
 */
export async function collect(
  turn: AsyncIterable<readonly Event[]>,
  onEvents?: (batch: readonly Event[]) => void,
): Promise<Answer> {
  const text: string[] = [];
  /** Where in `text` another message begins. */
  const breaks: number[] = [];
  const reasoning: string[] = [];
  let logprobs: TokenLogprob[] | undefined;
  let ranTools: { tool: RanTool; after: number }[] | undefined;
  const toolCalls: Extract<Event, { type: 'tool-call' }>[] = [];
  for await (const batch of turn) {
    onEvents?.(batch);
    for (const event of batch) {
      switch (event.type) {
        case 'ready':
          break;
        case 'text-delta':
          if (event.isBreak) breaks.push(text.length);
          text.push(event.text);
          break;
        case 'reasoning-delta':
          reasoning.push(event.text);
          break;
        case 'logprobs':
          logprobs ??= [];
          logprobs.push(...event.tokens);
          break;
        case 'tool-call':
          toolCalls.push(event);
          break;
        case 'tool-ran':
          ranTools ??= [];
          ranTools.push({ tool: event.tool, after: text.length === 0 ? 0 : breaks.length + 1 });
          break;
        case 'finish':
          return {
            text: text.join(''),
            ...(breaks.length > 0 ? { messages: split(text, breaks) } : {}),
            reasoning: reasoning.join(''),
            ...(logprobs === undefined ? {} : { logprobs }),
            ...(ranTools === undefined ? {} : { ranTools }),
            toolCalls,
            reason: event.reason,
            ...(event.stopSequence === undefined ? {} : { stopSequence: event.stopSequence }),
            usage: event.usage,
          };
        case 'fault':
          throw event.fault;
        default:
          event satisfies never;
      }
    }
  }
  throw new Fault('link-lost', 'the answer stopped before its end');
}

/** @param breaks the indices in `deltas` of what separates the messages */
function split(deltas: readonly string[], breaks: readonly number[]): readonly string[] {
  const ends = [...breaks, deltas.length];
  const messages = ends.map((end, index) => deltas.slice(index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, end));
  return messages.map((message) => message.join('')).filter((message) => message !== '');
}
