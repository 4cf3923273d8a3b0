import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.js';
import type { Caller } from '../../src/core/request.js';
import type { TurnRecord } from '../../src/observe/records.js';
import type { ObservedTurn } from '../../src/observe/turn-observer.js';
import { recordTurns } from '../../src/run/record-turns.js';

const caller: Caller = { surface: 'ollama', keyId: undefined, requestId: 'req_1' };
const turn: ObservedTurn = {
  number: 1,
  request: { model: 'm', messages: [], tools: [], sampling: {}, caller },
  model: 'm',
  at: '2026-11-21T10:00:00.000Z',
  startedAt: 0,
  sid: undefined,
  firstAt: undefined,
  deltas: 0,
};

/** What is written down of a turn that ends so. */
function booksOf(outcome: TurnRecord['outcome'], fault?: Fault, journalDays = 30) {
  const record: TurnRecord = {
    at: turn.at,
    requestId: 'req_1',
    keyId: null,
    surface: 'ollama',
    model: 'm',
    outcome,
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: 0,
    estimated: false,
    firstMs: null,
    totalMs: 1,
  };
  const books = { journal: [] as unknown[], shared: [] as unknown[], failed: [] as unknown[] };
  recordTurns({
    config: { journalDays },
    journal: { record: (line) => books.journal.push(line) },
    sharedUsage: { record: (line) => books.shared.push(line) },
    audit: { sawFailedTurn: (who) => books.failed.push(who) },
  }).end?.(turn, { record, fault });
  return { lines: [books.journal.length, books.shared.length], failed: books.failed };
}

describe('a turn that ends', () => {
  it.each(['stop', 'left'] as const)('has a line, and is none of a failure: %s', (outcome) => {
    expect(booksOf(outcome)).toEqual({ lines: [1, 1], failed: [] });
  });

  it('in a fault has a line in place of its request', () => {
    const fault = new Fault('timeout', 'too slow');
    expect(booksOf('timeout', fault)).toEqual({ lines: [1, 1], failed: [caller] });
  });

  it('has no line where nothing is kept', () => {
    expect(booksOf('timeout', new Fault('timeout', 'too slow'), 0)).toEqual({ lines: [0, 0], failed: [] });
  });
});
