/** The part of a conversation that stands in front of another one and changes only its turns. */
import type { Event } from '../core/event.js';
import type { Turns } from '../core/port.js';
import type { TurnRequest } from '../core/request.js';
import type { TurnSignal } from '../core/abort.js';

export abstract class ForwardingConversation implements Turns {
  protected readonly inner: Turns;

  constructor(inner: Turns) {
    this.inner = inner;
  }

  abstract turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]>;
}
