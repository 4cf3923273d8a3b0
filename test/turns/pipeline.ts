/** The stages that a test's turns go through, in front of a nest that the test scripts. */
import type { Turns } from '../../src/core/port.js';
import { runTurn, type Stages } from '../../src/turns/run-turn.js';
import { TurnGate } from '../../src/turns/turn-gate.js';

/** Observed by nobody, without a cache, and with room for all, but for what `stages` says. */
export function pipelineTo(nest: Turns, stages: Partial<Stages> = {}): Turns {
  const all: Stages = {
    observers: [],
    answers: undefined,
    gate: new TurnGate({ maxTurns: 1_000, maxQueuedTurns: 0, queueTimeoutMs: 1 }),
    nest,
    ...stages,
  };
  return { turn: (request, signal) => runTurn(all, request, signal) };
}
