/** A conversation whose turns say what the test tells them, when it tells them. */
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import type { Model } from '../../../src/core/model.js';
import type { Conversation } from '../../conversation.js';
import type { TurnRequest } from '../../../src/core/request.js';
import { modelOf } from '../../model.js';

export class SteeredConversation implements Conversation {
  /** In the order in which they were begun. */
  readonly turns: SteeredTurn[] = [];

  turn(request: TurnRequest, signal: AbortSignal): AsyncIterable<readonly Event[]> {
    const turn = new SteeredTurn(request, signal);
    this.turns.push(turn);
    return turn;
  }

  models(): readonly Model[] {
    return [modelOf('m')];
  }

  callTool(): Promise<never> {
    return Promise.reject(new Fault('not-offered', 'no bee on this hum offers it'));
  }

  link(): 'up' {
    return 'up';
  }
}

/** As the port demands: it ends after a `finish` or a `fault`, and without one when it is aborted. */
export class SteeredTurn implements AsyncIterable<readonly Event[]> {
  readonly request: TurnRequest;
  readonly signal: AbortSignal;
  readonly #batches: (readonly Event[])[] = [];
  #wake: (() => void) | undefined;

  constructor(request: TurnRequest, signal: AbortSignal) {
    this.request = request;
    this.signal = signal;
    signal.addEventListener('abort', () => this.#wake?.());
  }

  /** Hands over a batch. */
  say(...batch: readonly Event[]): void {
    this.#batches.push(batch);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Event[], void, undefined> {
    while (!this.signal.aborted) {
      const batch = this.#batches.shift();
      if (batch === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      yield batch;
      if (batch.some((event) => event.type === 'finish' || event.type === 'fault')) return;
    }
  }
}
