/**
 * Thoughts that are being written, as a summary or as they are; both in the order of
 * src/http/openai/README.md, "Order of response events".
 */
import type { EventSink } from './event-sink.js';
import type { ItemStatus, ReasoningItem } from './output-item.js';
import type { ReasoningForm } from './reasoning-form.js';

/** What the events of each form are called, and where they say that they belong. */
const WORDS = {
  summary: {
    added: 'response.reasoning_summary_part.added',
    delta: 'response.reasoning_summary_text.delta',
    textDone: 'response.reasoning_summary_text.done',
    done: 'response.reasoning_summary_part.done',
    position: { summary_index: 0 },
    part: 'summary_text',
  },
  text: {
    added: 'response.content_part.added',
    delta: 'response.reasoning_text.delta',
    textDone: 'response.reasoning_text.done',
    done: 'response.content_part.done',
    position: { content_index: 0 },
    part: 'reasoning_text',
  },
} as const;

export interface ReasoningStyle {
  readonly form: ReasoningForm;
  /** The thoughts once more, opaque, for clients that give them back instead of the text. */
  readonly withEncrypted: boolean;
}

export class OpenReasoning {
  readonly type = 'reasoning';
  readonly #sink: EventSink;
  readonly #id: string;
  readonly #outputIndex: number;
  readonly #style: ReasoningStyle;
  readonly #address: object;
  readonly #delta: (text: string) => void;
  #text = '';

  constructor(sink: EventSink, id: string, outputIndex: number, style: ReasoningStyle) {
    this.#sink = sink;
    this.#id = id;
    this.#outputIndex = outputIndex;
    this.#style = style;
    const { added, delta, position, part } = WORDS[style.form];
    this.#address = { item_id: id, output_index: outputIndex, ...position };
    this.#delta = sink.deltas(delta, this.#address);
    const item = this.#item('in_progress', undefined);
    sink.event('response.output_item.added', { output_index: outputIndex, item });
    sink.event(added, { ...this.#address, part: { type: part, text: '' } });
  }

  push(text: string): void {
    this.#text += text;
    this.#delta(text);
  }

  close(status: ItemStatus): ReasoningItem {
    const { textDone, done, part } = WORDS[this.#style.form];
    const item = this.#item(status, this.#text);
    this.#sink.event(textDone, { ...this.#address, text: this.#text });
    this.#sink.event(done, { ...this.#address, part: { type: part, text: this.#text } });
    this.#sink.event('response.output_item.done', { output_index: this.#outputIndex, item });
    return item;
  }

  /** @param text undefined while nothing of it is told */
  #item(status: ItemStatus, text: string | undefined): ReasoningItem {
    const { form, withEncrypted } = this.#style;
    const told = text === undefined ? [] : [text];
    return {
      id: this.#id,
      type: 'reasoning',
      status,
      summary: form === 'summary' ? told.map((each) => ({ type: 'summary_text', text: each })) : [],
      ...(form === 'text' ? { content: told.map((each) => ({ type: 'reasoning_text', text: each })) } : {}),
      ...(withEncrypted ? { encrypted_content: text === undefined ? null : toOpaque(text) } : {}),
    };
  }
}

/** hum's thoughts carry no signature: this is the text itself, in a form that nobody shows by mistake. */
function toOpaque(text: string): string {
  return Buffer.from(text).toString('base64');
}
