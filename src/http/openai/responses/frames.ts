/**
 * The events of a response as frames of an event stream (src/http/openai/README.md, "Response events" and "Event streams").
 */
import { jsonText, splitText } from '../../answer/line-text.js';
import type { EventSink } from './event-sink.js';

/** Written as escapes, each of them six bytes long, these still fit into a line of 64 KiB. */
const MAX_DELTA_CHARACTERS = 10_000;

/** Numbers the events from 0 without gaps; the `event:` line is the `type` of the data. */
export class Frames implements EventSink {
  #sequence = 0;
  #text = '';

  /** The frames since the last take. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  event(type: string, fields: object): void {
    const json = jsonText({ type, sequence_number: this.#sequence++, ...fields });
    this.#text += `event: ${type}\ndata: ${json}\n\n`;
  }

  /** Only the number and the delta are written anew for each frame. */
  deltas(type: string, address: object, rest: object = {}): (delta: string) => void {
    const prefix = `event: ${type}\ndata: {"type":"${type}","sequence_number":`;
    const middle = `,${inner(address)},"delta":`;
    const tail = inner(rest);
    const suffix = `${tail === '' ? '' : `,${tail}`}}\n\n`;
    const write = (delta: string): void => {
      this.#text += prefix + this.#sequence++ + middle + jsonText(delta) + suffix;
    };
    return (delta) => {
      if (delta.length <= MAX_DELTA_CHARACTERS) write(delta);
      else for (const piece of splitText(delta, MAX_DELTA_CHARACTERS)) write(piece);
    };
  }
}

/** The members of a JSON object without its braces. */
function inner(value: object): string {
  return jsonText(value).slice(1, -1);
}
