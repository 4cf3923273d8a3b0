/** The part of a conversation that stands in front of another one and changes only its turns. */
import type { Event } from './event.js';
import type { Model } from './model.js';
import type { Conversation, LinkState } from './port.js';
import type { TurnRequest } from './request.js';
import type { TurnSignal } from './turn-signal.js';

export abstract class ForwardingConversation implements Conversation {
  protected readonly inner: Conversation;

  constructor(inner: Conversation) {
    this.inner = inner;
  }

  abstract turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]>;

  models(): readonly Model[] {
    return this.inner.models();
  }

  link(): LinkState {
    return this.inner.link();
  }

  callTool(name: string, args: Readonly<Record<string, unknown>>, signal: TurnSignal): Promise<unknown> {
    return this.inner.callTool(name, args, signal);
  }
}
