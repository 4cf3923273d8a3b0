/** The messages so far, all of which go to the model with each new one. */
import type { Message, TurnRequest } from '../../core/request.js';

export class Dialogue {
  model: string;
  /** The system prompt; empty for none. */
  system: string;
  #messages: readonly Message[] = [];

  constructor(model: string, system: string) {
    this.model = model;
    this.system = system;
  }

  /** Asks for the answer to `text`; the oldest turns may be left out where the model cannot read them all. */
  toRequest(text: string): TurnRequest {
    return {
      model: this.model,
      ...(this.system === '' ? {} : { system: this.system }),
      messages: [...this.#messages, toUserMessage(text)],
      tools: [],
      sampling: {},
      truncate: true,
    };
  }

  /** Adds a message and its answer. */
  keep(text: string, answer: string): void {
    const said: Message = { role: 'assistant', content: [{ type: 'text', text: answer }], toolCalls: [] };
    this.#messages = [...this.#messages, toUserMessage(text), said];
  }

  clear(): void {
    this.#messages = [];
  }
}

function toUserMessage(text: string): Message {
  return { role: 'user', content: [{ type: 'text', text }] };
}
