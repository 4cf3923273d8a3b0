/** The turns of a request that may ask for several answers: run under one signal, read as one stream or collected. */
import { TurnAbort, type TurnSignal } from '../../core/abort.js';
import { PromptMemory } from '../../core/prompt-memory.js';
import { type Answer, collect } from '../../core/collect.js';
import type { Event } from '../../core/event.js';
import type { Turns } from '../../core/port.js';
import type { TurnRequest } from '../../core/request.js';

export interface RunningTurns {
  /** One for each request, in order. None begins before it is read. */
  readonly turns: readonly AsyncIterable<readonly Event[]>[];
  /** Stops all that still run. */
  cancel(): void;
}

/**
 * Several turns go on with no session: it could be the session of one of them only.
 * @param gone aborts when the client leaves, which stops all of them too
 */
export function runTurns(inner: Turns, requests: readonly TurnRequest[], gone: TurnSignal): RunningTurns {
  const [only, another] = requests;
  if (only !== undefined && another === undefined) {
    return { turns: [inner.turn(only, gone)], cancel: nothingElseRuns };
  }
  const signal = new TurnAbort(() => gone.client).follow(gone);
  const memory = new PromptMemory();
  return {
    turns: requests.map((request) => memory.watch(inner.turn(withoutHint(request), signal))),
    cancel: () => signal.abort(),
  };
}

/** A single turn that fails has ended by that. */
function nothingElseRuns(): void {}

function withoutHint(request: TurnRequest): TurnRequest {
  if (request.sessionHint === undefined && request.nextSessionHint === undefined) return request;
  const { sessionHint: _, nextSessionHint: __, ...fresh } = request;
  return fresh;
}

/** An event, and which of the answers it belongs to, from 0. */
export type ChoiceEvent = Event & { readonly choice: number };

/** The answer that an event belongs to; where there is only one, its events do not say. */
export function choiceOf(event: Event): number {
  return 'choice' in event && typeof event.choice === 'number' ? event.choice : 0;
}

interface Arrival {
  readonly choice: number;
  /** What the turn gave next, or how it broke. */
  readonly outcome: IteratorResult<readonly Event[], unknown> | { readonly error: unknown };
}

/**
 * Runs `turns` at once and passes their events on as they come. Each turn is at most one batch ahead of its reader. The
 * first fault ends all of it. `cancel` is called where not every turn came to its end: after a fault, or when the reader
 * leaves. A single turn is passed on as it is.
 */
export function mergeTurns(
  turns: readonly AsyncIterable<readonly Event[]>[],
  cancel: () => void,
): AsyncIterable<readonly Event[]> {
  const [only, another] = turns;
  return only !== undefined && another === undefined ? only : merge(turns, cancel);
}

async function* merge(
  turns: readonly AsyncIterable<readonly Event[]>[],
  cancel: () => void,
): AsyncGenerator<readonly ChoiceEvent[], void, undefined> {
  const iterators = turns.map((turn) => turn[Symbol.asyncIterator]());
  let arrivals: Arrival[] = [];
  let wake: (() => void) | undefined;
  const arrive = (arrival: Arrival) => {
    arrivals.push(arrival);
    wake?.();
  };
  // No race of promises: each would leave a reaction behind on the slower ones for every batch of the faster ones.
  const pull = (choice: number) => {
    iterators[choice]?.next().then(
      (outcome) => arrive({ choice, outcome }),
      (error: unknown) => arrive({ choice, outcome: { error } }),
    );
  };

  let open = iterators.length;
  let failed: AsyncIterator<readonly Event[]> | undefined;
  for (const choice of iterators.keys()) pull(choice);
  try {
    while (open > 0) {
      if (arrivals.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const arrived = arrivals;
      arrivals = [];
      for (const { choice, outcome } of arrived) {
        if ('error' in outcome) throw outcome.error;
        if (outcome.done) {
          open--;
          continue;
        }
        const batch = outcome.value;
        if (batch.some((event) => event.type === 'fault')) failed = iterators[choice];
        yield batch.map((event) => ({ ...event, choice }));
        if (failed) return;
        pull(choice);
      }
    }
  } finally {
    // The observers of the failed turn are notified before the others are left.
    await failed?.return?.();
    if (open > 0) {
      cancel();
      // One that waits for its reader would never come to its end; one that is slow to give up is not awaited.
      for (const iterator of iterators) void iterator.return?.();
    }
  }
}

/**
 * All answers, in the order of `turns`. Rejects with the first fault of any, and then calls `cancel` for the others.
 * `onEvents`, if given, sees each batch of each turn.
 */
export async function collectAnswers(
  turns: readonly AsyncIterable<readonly Event[]>[],
  cancel: () => void,
  onEvents?: (batch: readonly Event[]) => void,
): Promise<readonly Answer[]> {
  try {
    return await Promise.all(turns.map((turn) => collect(turn, onEvents)));
  } catch (error) {
    cancel();
    throw error;
  }
}
