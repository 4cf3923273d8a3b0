/** A streamed response (src/http/openai/README.md, "Response events" and "Event streams"). */
import type { Event } from '../../../core/event.js';
import type { StreamEncoder } from '../../answer/respond.js';
import { Frames } from './frames.js';
import { ResponseBuilder, type ResponsePlan } from './response-builder.js';
import type { ResponseObject } from './response-object.js';

/** The last frame is the terminal event: there is no `[DONE]` (src/http/openai/README.md, "End of a response stream"). */
export class ResponseStream implements StreamEncoder {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly ping = ': ping\n\n';
  readonly #frames = new Frames();
  readonly #builder: ResponseBuilder;
  readonly #onEnd: (response: ResponseObject) => Promise<void>;
  #pending: Promise<void> | undefined;

  /** @param onEnd is given the response once it has ended; a client does not know of the end before that resolves */
  constructor(plan: ResponsePlan, onEnd: (response: ResponseObject) => Promise<void>) {
    this.#builder = new ResponseBuilder(plan, this.#frames);
    this.#onEnd = onEnd;
  }

  get pending(): Promise<void> | undefined {
    return this.#pending;
  }

  encode(batch: readonly Event[]): string {
    const wasEnded = this.#builder.ended !== undefined;
    for (const event of batch) this.#builder.accept(event);
    const { ended } = this.#builder;
    if (ended !== undefined && !wasEnded) this.#pending = this.#onEnd(ended);
    return this.#frames.take();
  }
}
