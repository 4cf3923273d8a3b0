/** The messages so far, all of which go to the model with each new one. */
import type { Message, Part, TurnRequest } from '../../core/request.js';

export class Dialogue {
  model: string;
  /** The system prompt; empty for none. */
  system: string;
  #messages: readonly Message[] = [];

  constructor(model: string, system: string) {
    this.model = model;
    this.system = system;
  }

  /** Asks for the answer to a message; the oldest turns may be left out where the model cannot read them all. */
  toRequest(content: readonly Part[]): TurnRequest {
    return {
      model: this.model,
      ...(this.system === '' ? {} : { system: this.system }),
      messages: [...this.#messages, toUserMessage(content)],
      tools: [],
      sampling: {},
      truncate: true,
    };
  }

  /** Adds a message and its answer. */
  keep(content: readonly Part[], answer: string): void {
    const reply: Message = { role: 'assistant', content: [{ type: 'text', text: answer }], toolCalls: [] };
    this.#messages = [...this.#messages, toUserMessage(content), reply];
  }

  clear(): void {
    this.#messages = [];
  }
}

function toUserMessage(content: readonly Part[]): Message {
  return { role: 'user', content };
}
