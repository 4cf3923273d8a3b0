import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { TurnAbort } from '../../src/core/abort.js';
import { Fault } from '../../src/core/fault.js';
import type { Turns } from '../../src/core/port.js';

import { pipelineTo } from './pipeline.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from '../../src/observe/turn-observer.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: true };
const text: Event = { type: 'text-delta', text: 'secret' };
const finish: Event = { type: 'finish', reason: 'stop', usage };

/** Plays `batches` to a reader that leaves after `stopAfter` of them; resolves with all that an observer was told. */
async function observe(batches: readonly (readonly Event[])[], stopAfter = batches.length) {
  const told: string[] = [];
  const ended: EndedTurn[] = [];
  const turns = new Set<ObservedTurn>();
  const observer: TurnObserver = {
    begin: (turn) => {
      turns.add(turn);
      told.push('begin');
    },
    sent: (turn, way) => void told.push(`sent ${turn.sid} ${way}`),
    batch: (_, deltas, gapMs) => void told.push(`batch ${deltas} ${gapMs === undefined ? 'first' : 'next'}`),
    end: (turn, how) => {
      turns.add(turn);
      told.push('end');
      ended.push(how);
    },
  };
  const inner: Turns = {
    async *turn({ onSent }) {
      onSent?.('sid-1', 'prompt');
      yield* batches;
    },
  };
  const request = {
    model: 'm',
    messages: [],
    tools: [],
    sampling: {},
    caller: { surface: 'ollama', keyId: 'k', requestId: 'r' },
  };
  let seen = 0;
  const turn = pipelineTo(inner, { observers: [observer] }).turn(request, new TurnAbort());
  for await (const _ of turn) if (++seen === stopAfter) break;
  expect(turns.size).toBe(1);
  return { told, records: ended.map(({ record }) => record), faults: ended.map(({ fault }) => fault) };
}

describe('an observer', () => {
  it('tells of the beginning, the way out, each batch that shows something, and the end', async () => {
    const { told } = await observe([[{ type: 'ready' }], [{ type: 'ready' }, text], [text, text], [finish]]);
    expect(told).toEqual([
      'begin',
      'sent sid-1 prompt',
      'batch 1 first',
      'batch 2 next',
      'batch 0 next',
      'end',
    ]);
  });

  it('says how a turn ended, once, without a word of it', async () => {
    const { records } = await observe([[{ type: 'ready' }], [text], [finish]]);
    expect(records).toMatchObject([
      { surface: 'ollama', keyId: 'k', requestId: 'r', model: 'm', outcome: 'stop', ...usage },
    ]);
    expect(records[0]?.firstMs).toBeTypeOf('number');
    expect(JSON.stringify(records)).not.toContain('secret');
  });

  it('says which fault it was, and when a client has left', async () => {
    const fault = new Fault('timeout', 'x');
    const failed = await observe([[{ type: 'fault', fault }]]);
    expect(failed.records).toMatchObject([{ outcome: 'timeout', promptTokens: 0 }]);
    expect(failed.faults).toEqual([fault]);
    expect((await observe([[text], [text]], 1)).records).toMatchObject([{ outcome: 'left' }]);
    expect((await observe([])).records).toMatchObject([{ outcome: 'left', firstMs: null }]);
  });
});
