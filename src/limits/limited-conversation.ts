/** Lets a conversation run only so many turns at once. */
import { type Event, isEnd } from '../conversation/event.js';
import { Fault } from '../conversation/fault.js';
import { ForwardingConversation } from '../conversation/forwarding-conversation.js';
import type { Conversation } from '../conversation/port.js';
import type { TurnRequest } from '../conversation/request.js';
import type { TurnGate } from './turn-gate.js';

/** A turn that gets no place ends in a `busy` fault; nothing of it has begun by then. */
export class LimitedConversation extends ForwardingConversation {
  readonly #gate: TurnGate;

  constructor(inner: Conversation, gate: TurnGate) {
    super(inner);
    this.#gate = gate;
  }

  override async *turn(
    request: TurnRequest,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Event[], void, undefined> {
    let leave: () => void;
    try {
      leave = await this.#gate.enter(signal);
    } catch (error) {
      if (!signal.aborted) yield [{ type: 'fault', fault: Fault.from(error) }];
      return;
    }
    // A reader that is told to stop may never come back for the rest.
    signal.addEventListener('abort', leave);
    try {
      for await (const batch of this.inner.turn(request, signal)) {
        const end = batch.at(-1);
        if (end !== undefined && isEnd(end)) leave();
        yield batch;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }
}
