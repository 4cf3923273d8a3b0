/** Lets a conversation run only so many turns at once. */
import { type Event, isEnd } from '../conversation/event.js';
import { Fault } from '../conversation/fault.js';
import { ForwardingConversation } from '../conversation/forwarding-conversation.js';
import type { Conversation } from '../conversation/port.js';
import type { TurnRequest } from '../conversation/request.js';
import { WatchedTurn } from '../conversation/watched-turn.js';
import type { TurnGate } from './turn-gate.js';

/** A turn that gets no place ends in a `busy` fault; nothing of it has begun by then. */
export class LimitedConversation extends ForwardingConversation {
  readonly #gate: TurnGate;

  constructor(inner: Conversation, gate: TurnGate) {
    super(inner);
    this.#gate = gate;
  }

  override turn(request: TurnRequest, signal: AbortSignal): AsyncIterable<readonly Event[]> {
    let leave = () => {};
    const begin = () => {
      const inside = signal.aborted ? undefined : this.#gate.enterNow();
      return inside === undefined ? this.#wait(signal, hold) : hold(inside);
    };
    const hold = (inside: () => void) => {
      leave = inside;
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

  async *#wait(
    signal: AbortSignal,
    hold: (inside: () => void) => AsyncIterable<readonly Event[]>,
  ): AsyncGenerator<readonly Event[], void, undefined> {
    let inside: () => void;
    try {
      inside = await this.#gate.enter(signal);
    } catch (error) {
      if (!signal.aborted) yield [{ type: 'fault', fault: Fault.from(error) }];
      return;
    }
    yield* hold(inside);
  }
}
