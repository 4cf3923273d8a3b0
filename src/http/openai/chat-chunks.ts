/** A streamed answer as `chat.completion.chunk` events (spec/openai.md §1.8, §9.1). */
import type { Event } from '../../conversation/event.js';
import { jsonText } from '../json-text.js';
import type { StreamEncoder } from '../respond.js';
import { splitText } from '../split-text.js';
import { toCalledFunction } from './called-function.js';
import type { Envelope } from './envelope.js';
import { toError } from './error.js';
import { toFinishReason } from './finish-reason.js';
import { toUsage } from './usage.js';

/** Written as escapes, each of them six bytes long, these still fit into a line of 64 KiB. */
const MAX_DELTA_CHARACTERS = 10_000;
/** Reasoning stands in its chunk twice. */
const MAX_REASONING_CHARACTERS = MAX_DELTA_CHARACTERS / 2;

const DONE = 'data: [DONE]\n\n';

/**
 * The role comes once, with the first event that shows; each call comes whole before the next, and only arguments past the
 * line limit go on in further fragments, which repeat nothing but the index; the reason comes alone at the end. A fault
 * is told in-band and ends the stream without a reason or `[DONE]`, so that nobody takes it for complete.
 */
export class ChatChunks implements StreamEncoder {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly ping = ': ping\n\n';
  readonly #head: string;
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #includeUsage: boolean;
  #hasRole = false;
  #calls = 0;

  /** @param includeUsage whether the client asked for the token counts */
  constructor({ id, created, model }: Envelope, includeUsage: boolean) {
    const envelope = jsonText({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      system_fingerprint: null,
    });
    this.#head = `data: ${envelope.slice(0, -1)},"choices":[`;
    this.#prefix = `${this.#head}{"index":0,"delta":`;
    this.#suffix = `,"finish_reason":null}]${includeUsage ? ',"usage":null' : ''}}\n\n`;
    this.#includeUsage = includeUsage;
  }

  encode(batch: readonly Event[]): string {
    let text = '';
    for (const event of batch) text += this.#encodeEvent(event);
    return text;
  }

  #encodeEvent(event: Event): string {
    switch (event.type) {
      case 'ready':
        return '';
      case 'text-delta':
        return event.text === '' ? '' : this.#role() + this.#text(event.text);
      case 'reasoning-delta':
        return event.text === '' ? '' : this.#role() + this.#reasoning(event.text);
      case 'tool-call':
        return this.#role() + this.#call(event);
      case 'finish':
        return this.#role() + this.#finish(event);
      case 'fault':
        return `data: ${toError(event.fault).body}\n\n`;
      default:
        return event satisfies never;
    }
  }

  #role(): string {
    if (this.#hasRole) return '';
    this.#hasRole = true;
    return this.#chunk('{"role":"assistant","content":""}');
  }

  #text(text: string): string {
    if (text.length <= MAX_DELTA_CHARACTERS) return this.#chunk(`{"content":${jsonText(text)}}`);
    return splitText(text, MAX_DELTA_CHARACTERS)
      .map((piece) => this.#chunk(`{"content":${jsonText(piece)}}`))
      .join('');
  }

  /** Under both of the names that clients look for. */
  #reasoning(text: string): string {
    return splitText(text, MAX_REASONING_CHARACTERS)
      .map((piece) => {
        const json = jsonText(piece);
        return this.#chunk(`{"reasoning_content":${json},"reasoning":${json}}`);
      })
      .join('');
  }

  #call(call: Extract<Event, { type: 'tool-call' }>): string {
    const index = this.#calls++;
    const called = toCalledFunction(call);
    const [first = '', ...rest] = splitText(called.arguments, MAX_DELTA_CHARACTERS);
    const whole = {
      index,
      id: call.id,
      type: 'function',
      function: { name: called.name, arguments: first },
    };
    return [whole, ...rest.map((piece) => ({ index, function: { arguments: piece } }))]
      .map((fragment) => this.#chunk(`{"tool_calls":[${jsonText(fragment)}]}`))
      .join('');
  }

  #finish({ reason, usage }: Extract<Event, { type: 'finish' }>): string {
    const word = toFinishReason(reason, this.#calls > 0);
    const end = `${this.#prefix}{},"finish_reason":"${word}"}]`;
    if (!this.#includeUsage) return `${end}}\n\n${DONE}`;
    return `${end},"usage":null}\n\n${this.#head}],"usage":${jsonText(toUsage(usage))}}\n\n${DONE}`;
  }

  #chunk(delta: string): string {
    return this.#prefix + delta + this.#suffix;
  }
}
