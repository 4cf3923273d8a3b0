/** A streamed response (src/http/openai/README.md, "Response events" and "Event streams"). */
import type { Event } from '../../../core/event.js';
import { jsonText, splitText } from '../../answer/line-text.js';
import type { StreamFormat } from '../../answer/open-streams.js';
import { type StreamEncoder, toUnfitCallsComment } from '../../answer/respond.js';
import { DONE, EVENT_STREAM, MAX_DELTA_CHARACTERS, PING } from '../sse.js';
import type { EventLog } from './kept-events.js';
import type { DeltaWriter, EventSink } from './open-items.js';
import { ResponseBuilder, type ResponsePlan } from './response-builder.js';
import type { ResponseObject } from './response-object.js';

export const RESPONSE_EVENTS: StreamFormat = { contentType: EVENT_STREAM, ping: PING };

/** Behind the terminal event stands `[DONE]`, but for a failure (src/http/openai/README.md, "End of a response stream"). */
export class ResponseStream implements StreamEncoder {
  readonly contentType = EVENT_STREAM;
  readonly ping = PING;
  readonly #frames = new Frames();
  readonly #builder: ResponseBuilder;
  readonly #onEnd: (response: ResponseObject) => Promise<void>;
  readonly #log: EventLog | undefined;
  #pending: Promise<void> | undefined;

  /**
   * @param onEnd is given the response once it has ended; a client does not know of the end before that resolves
   * @param log keeps what is written
   */
  constructor(plan: ResponsePlan, onEnd: (response: ResponseObject) => Promise<void>, log?: EventLog) {
    this.#builder = new ResponseBuilder(plan, this.#frames);
    this.#onEnd = onEnd;
    this.#log = log;
  }

  get pending(): Promise<void> | undefined {
    return this.#pending;
  }

  /** As it stands now. */
  get response(): ResponseObject {
    return this.#builder.response;
  }

  /** What is told before a turn that no client waits for. */
  queue(): void {
    this.#builder.queue();
    this.#log?.append(this.#frames.take());
  }

  /** Its turn has begun. May be called twice. */
  begin(): void {
    this.#builder.begin();
    this.#log?.append(this.#frames.take());
  }

  encode(batch: readonly Event[]): string {
    const wasEnded = this.#builder.ended !== undefined;
    for (const event of batch) {
      if (event.type === 'ready' && event.unfitCalls) this.#frames.comment(event.unfitCalls);
      this.#builder.accept(event);
    }
    const { ended } = this.#builder;
    const text = this.#frames.take();
    if (ended === undefined || wasEnded) {
      this.#log?.append(text);
      return text;
    }
    return this.#end(ended, ended.status === 'failed' ? text : text + DONE);
  }

  /** Its turn was stopped: it ends as cancelled. Does nothing to one that has ended. */
  cancel(): void {
    if (this.#builder.ended !== undefined) return;
    this.#builder.cancel();
    const { ended } = this.#builder;
    if (ended !== undefined) this.#end(ended, this.#frames.take());
  }

  /** Nothing more is sent. One that has not ended by then is not kept, but what was sent of it is. */
  close(): void {
    if (this.#log === undefined || this.#builder.ended !== undefined) return;
    if (this.#builder.isPending) {
      this.#log.forget();
      return;
    }
    this.#builder.cancel();
    this.#log.append(this.#frames.take());
    this.#log.close();
  }

  #end(response: ResponseObject, text: string): string {
    const pending = this.#onEnd(response);
    const log = this.#log;
    this.#pending = pending;
    if (log !== undefined)
      this.#pending = pending.then(() => {
        log.append(text);
        log.close();
      });
    return text;
  }
}

/**
 * The events of a response as frames of an event stream. Numbers the events from 0 without gaps; the `event:` line is the
 * `type` of the data.
 */
class Frames implements EventSink {
  #sequence = 0;
  #text = '';

  /** The frames since the last take. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Not one of the events: it has no number. */
  comment(unfitCalls: readonly string[]): void {
    this.#text += toUnfitCallsComment(unfitCalls);
  }

  event(type: string, fields: object): void {
    const json = jsonText({ type, sequence_number: this.#sequence++, ...fields });
    this.#text += `event: ${type}\ndata: ${json}\n\n`;
  }

  /** Only the number and the delta are written anew for each frame. */
  deltas(type: string, address: object, rest: object = {}): DeltaWriter {
    const prefix = `event: ${type}\ndata: {"type":"${type}","sequence_number":`;
    const middle = `,${inner(address)},"delta":`;
    const suffix = suffixOf(rest);
    const write = (delta: string, end: string): void => {
      this.#text += prefix + this.#sequence++ + middle + jsonText(delta) + end;
    };
    return (delta, own) => {
      const first = own === undefined ? suffix : suffixOf(own);
      if (delta.length <= MAX_DELTA_CHARACTERS) write(delta, first);
      else
        for (const [index, piece] of splitText(delta, MAX_DELTA_CHARACTERS).entries())
          write(piece, index === 0 ? first : suffix);
    };
  }
}

/** What stands behind a delta. */
function suffixOf(rest: object): string {
  const tail = inner(rest);
  return `${tail === '' ? '' : `,${tail}`}}\n\n`;
}

/** The members of a JSON object without its braces. */
function inner(value: object): string {
  return jsonText(value).slice(1, -1);
}
