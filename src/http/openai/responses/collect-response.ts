/** A whole response: what a stream of the same turn would have ended with (src/http/openai/README.md, "Whole answers"). */
import type { Event } from '../../../core/event.js';
import { Fault } from '../../../core/fault.js';
import { silentSink } from './event-sink.js';
import { ResponseBuilder, type ResponsePlan } from './response-builder.js';
import type { ResponseObject } from './response-object.js';

/**
 * Rejects with the turn's own fault, which is an HTTP error here; with `link-lost` if the events stop without an end.
 * `onEvents`, if given, sees each batch.
 */
export async function collectResponse(
  turn: AsyncIterable<readonly Event[]>,
  plan: ResponsePlan,
  onEvents?: (batch: readonly Event[]) => void,
): Promise<ResponseObject> {
  const builder = new ResponseBuilder(plan, silentSink);
  for await (const batch of turn) {
    onEvents?.(batch);
    for (const event of batch) {
      if (event.type === 'fault') throw event.fault;
      builder.accept(event);
    }
    if (builder.ended) return builder.ended;
  }
  throw new Fault('link-lost', 'the answer stopped before its end');
}
