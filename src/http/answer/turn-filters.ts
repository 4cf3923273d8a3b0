/** Takes out of a turn what its client does not want, and gives its faults the names of the client's own fields. */
import type { Event } from '../../core/event.js';
import type { Fault } from '../../core/fault.js';

/** The conversation's own name for the format of an answer. */
const FORMAT = 'format';

/**
 * The turn without the calls after its first: what OpenAI's `parallel_tool_calls: false` and Anthropic's
 * `disable_parallel_tool_use` ask for, for workers that do not heed the setting themselves.
 */
export async function* firstCallOnly(
  turn: AsyncIterable<readonly Event[]>,
): AsyncGenerator<readonly Event[], void, undefined> {
  let hasCall = false;
  for await (const batch of turn) {
    yield batch.filter((event) => {
      if (event.type !== 'tool-call') return true;
      const isFirst = !hasCall;
      hasCall = true;
      return isFirst;
    });
  }
}

/**
 * The turn without its reasoning, for clients that do not want to see what the model thinks. Taken out here and not where
 * the answer is written, so that reasoning that is not sent does not release the headers of a stream.
 */
export async function* withoutReasoning(
  turn: AsyncIterable<readonly Event[]>,
): AsyncGenerator<readonly Event[], void, undefined> {
  for await (const batch of turn) yield batch.filter((event) => !isReasoning(event));
}

function isReasoning(event: Event): boolean {
  return event.type === 'reasoning-delta' || (event.type === 'logprobs' && event.of === 'reasoning');
}

/** The field that each kind of a request's faults belongs to on a route. */
export interface FaultFields {
  /** The field that holds the conversation: `messages`. */
  readonly conversation: string;
  /** The field that asks for JSON: `response_format`; undefined where the route has none. */
  readonly format?: string;
}

/** The turn with the `param` of its faults as the route's clients know it. */
export async function* rewordFaults(
  turn: AsyncIterable<readonly Event[]>,
  fields: FaultFields,
): AsyncGenerator<readonly Event[], void, undefined> {
  for await (const batch of turn) {
    yield batch.map((event) =>
      event.type === 'fault' ? { ...event, fault: reword(event.fault, fields) } : event,
    );
  }
}

function reword(fault: Fault, { conversation, format }: FaultFields): Fault {
  switch (fault.code) {
    case 'context-too-long':
      return fault.with({ param: conversation });
    case 'bad-request':
      return format !== undefined && fault.param === FORMAT ? fault.with({ param: format }) : fault;
    case 'invalid-answer':
      return format === undefined ? fault : fault.with({ param: format });
    default:
      return fault;
  }
}
