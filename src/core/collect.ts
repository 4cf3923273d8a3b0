/** A whole answer is the collection of a turn's events; there is no second path for `stream: false`. */
import type { Event, FinishReason, Usage } from './event.js';
import { Fault } from './fault.js';

export interface Answer {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly Extract<Event, { type: 'tool-call' }>[];
  readonly reason: FinishReason;
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
  const reasoning: string[] = [];
  const toolCalls: Extract<Event, { type: 'tool-call' }>[] = [];
  for await (const batch of turn) {
    onEvents?.(batch);
    for (const event of batch) {
      switch (event.type) {
        case 'ready':
          break;
        case 'text-delta':
          text.push(event.text);
          break;
        case 'reasoning-delta':
          reasoning.push(event.text);
          break;
        case 'tool-call':
          toolCalls.push(event);
          break;
        case 'finish':
          return {
            text: text.join(''),
            reasoning: reasoning.join(''),
            toolCalls,
            reason: event.reason,
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
