/** The signal that a client does not want its answer any more. */
import { Fault } from './fault.js';

/**
 * What is asked of an `AbortSignal`, which is one. The one of a request is made by `TurnAbort`: the platform's own costs more than
 * the rest of a listener, and every request has one.
 */
export interface TurnSignal {
  readonly aborted: boolean;
  /** Why; undefined as long as it is not aborted. */
  readonly reason: unknown;
  /** Whose request it is: the id of a key, or an address. What all share goes round over these. Absent where no client asks. */
  readonly client?: string | undefined;
  throwIfAborted(): void;
  /** @param listener called once, when it aborts; never if it already is */
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Why a request's signal is aborted. */
export function clientLeft(): Fault {
  return new Fault('client-left', 'the client went away before its answer was whole');
}

/** A signal, and the way to abort it: without a reason of its own the client has left. */
export class TurnAbort implements TurnSignal {
  readonly #findClient: (() => string | undefined) | undefined;
  #isAborted = false;
  #reason: unknown;
  /** A handful at the most: a set would cost more. */
  #listeners: (() => void)[] = [];

  /** @param findClient called for `client`, which few requests ask for, as long as the client is there */
  constructor(findClient?: () => string | undefined) {
    this.#findClient = findClient;
  }

  get client(): string | undefined {
    return this.#findClient?.();
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.#isAborted && !this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    // Most often the newest, and every turn does this several times.
    if (at === this.#listeners.length - 1) this.#listeners.pop();
    else if (at !== -1) this.#listeners.splice(at, 1);
  }

  /** Tells every listener, in their order. May be called twice. */
  abort(reason?: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason ?? clientLeft();
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  /** Aborts when `other` does. */
  follow(other: TurnSignal): this {
    if (other.aborted) this.abort(other.reason);
    else other.addEventListener('abort', () => this.abort(other.reason));
    return this;
  }
}

/** For what is wanted whichever client leaves. */
export const NEVER_ABORTED: TurnSignal = new TurnAbort();
