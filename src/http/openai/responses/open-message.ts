/** A message that is being written: one text part, in the order of src/http/openai/README.md, "Order of response events". */
import type { EventSink } from './event-sink.js';
import { type ItemStatus, type MessageItem, textPart } from './output-item.js';

export class OpenMessage {
  readonly type = 'message';
  readonly #sink: EventSink;
  readonly #id: string;
  readonly #outputIndex: number;
  readonly #part: { readonly item_id: string; readonly output_index: number; readonly content_index: 0 };
  readonly #delta: (text: string) => void;
  #text = '';

  constructor(sink: EventSink, id: string, outputIndex: number) {
    this.#sink = sink;
    this.#id = id;
    this.#outputIndex = outputIndex;
    this.#part = { item_id: id, output_index: outputIndex, content_index: 0 };
    this.#delta = sink.deltas('response.output_text.delta', this.#part, { logprobs: [] });
    const item = this.#item('in_progress', []);
    sink.event('response.output_item.added', { output_index: outputIndex, item });
    sink.event('response.content_part.added', { ...this.#part, part: textPart('') });
  }

  push(text: string): void {
    this.#text += text;
    this.#delta(text);
  }

  close(status: ItemStatus): MessageItem {
    const part = textPart(this.#text);
    const item = this.#item(status, [part]);
    this.#sink.event('response.output_text.done', { ...this.#part, text: this.#text, logprobs: [] });
    this.#sink.event('response.content_part.done', { ...this.#part, part });
    this.#sink.event('response.output_item.done', { output_index: this.#outputIndex, item });
    return item;
  }

  #item(status: ItemStatus, content: MessageItem['content']): MessageItem {
    return { id: this.#id, type: 'message', status, role: 'assistant', content };
  }
}
