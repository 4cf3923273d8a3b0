/** Lets a conversation run only so many turns at once. */
import { type Event, isEnd } from '../core/event.js';
import { ForwardingConversation } from './forwarding-conversation.js';
import type { Turns } from '../core/port.js';
import { refusedTurn } from './refused-turn.js';
import type { TurnRequest } from '../core/request.js';
import type { TurnSignal } from '../core/abort.js';
import { WatchedTurn } from './watched-turn.js';
import type { TurnGate } from './turn-gate.js';

/** A turn that gets no place ends in a `busy` fault; nothing of it has begun by then. */
export class LimitedConversation extends ForwardingConversation {
  readonly #gate: TurnGate;

  constructor(inner: Turns, gate: TurnGate) {
    super(inner);
    this.#gate = gate;
  }

  override turn(request: TurnRequest, signal: TurnSignal): AsyncIterable<readonly Event[]> {
    let leave = () => {};
    const begin = async () => {
      try {
        leave = await this.#gate.enter(signal);
      } catch (error) {
        return refusedTurn(error, signal);
      }
      // A reader that is told to stop may never come back for the rest.
      signal.addEventListener('abort', leave);
      return this.inner.turn(request, signal);
    };
    return new WatchedTurn(begin, {
      batch: (batch) => {
        const end = batch.at(-1);
        if (end !== undefined && isEnd(end)) leave();
      },
      over: () => {
        signal.removeEventListener('abort', leave);
        leave();
      },
    });
  }
}
