/** Gives the faults of a turn the names of the route's own fields. */
import type { Event } from '../../core/event.js';
import type { Fault } from '../../core/fault.js';

/** The field that each kind of a request's faults belongs to on a route. */
export interface FaultFields {
  /** What says how long the conversation is: `messages`. */
  readonly conversation: string;
  /** What says that the answer is to be JSON: `response_format`; undefined where nothing does. */
  readonly format?: string;
}

/** The conversation's own name for the format of an answer. */
const FORMAT = 'format';

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
