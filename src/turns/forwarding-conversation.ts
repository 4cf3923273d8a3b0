/** The part of a conversation that stands in front of another one and changes only its turns. */
import type { Event } from '../core/event.js';
import type { Model } from '../core/model.js';
import type { Conversation, LinkState } from '../core/port.js';
import type { TurnRequest } from '../core/request.js';
import type { TurnSignal } from '../core/abort.js';

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
