/** Runs the turns of one request under one signal. */
import { TurnAbort, type TurnSignal } from '../../core/abort.js';
import { PromptMemory } from '../../core/after-prompt.js';
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
export function runTurns(
  conversation: Turns,
  requests: readonly TurnRequest[],
  gone: TurnSignal,
): RunningTurns {
  const [only, another] = requests;
  if (only !== undefined && another === undefined) {
    return { turns: [conversation.turn(only, gone)], cancel: nothingElseRuns };
  }
  const signal = new TurnAbort().follow(gone);
  const memory = new PromptMemory();
  return {
    turns: requests.map((request) => memory.watch(conversation.turn(withoutHint(request), signal))),
    cancel: () => signal.abort(),
  };
}

/** A single turn that fails has ended by that. */
function nothingElseRuns(): void {}

function withoutHint(request: TurnRequest): TurnRequest {
  if (request.sessionHint === undefined) return request;
  const { sessionHint: _, ...fresh } = request;
  return fresh;
}
