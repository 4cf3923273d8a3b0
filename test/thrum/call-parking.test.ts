import { describe, expect, it } from 'vitest';
import { CallParking } from '../../src/thrum/tools/call-parking.js';
import { callsDigest, prefixDigests } from '../../src/thrum/sessions/history-digest.js';
import { KnownDigests } from '../../src/thrum/sessions/known-digests.js';
import { ParkedTurns } from '../../src/thrum/tools/parked-turns.js';
import { ResultWays, type ToolResultsSetting } from '../../src/thrum/tools/result-ways.js';
import { Session } from '../../src/thrum/turn/session.js';
import { origin, request } from './greeting.js';

const call = { name: 'f', input: '{"x":1}' };

/** A turn that is closed on a call of each of these tools. */
function closeOn(tools: readonly string[], toolResults: ToolResultsSetting = 'auto') {
  const turns = new ParkedTurns({ maxParkedTurns: 2, maxParkedBytes: 100 });
  const ways = new ResultWays({ toolResults });
  const parking = new CallParking(turns, ways, new KnownDigests(), new Set(['f', 'g']));
  const session = new Session({
    sid: 's',
    facts: { model: 'm', toolNames: new Set(tools), promptCharacters: 1, showWorkerTools: false },
    worker: undefined,
    maxBufferBytes: 10_000,
    now: 0,
    onCalls: (closed) => parking.onCalls(closed, request, origin),
    onPhase: () => {},
  });
  for (const name of tools)
    session.accept({ chi: 'tool-call', sid: 's', callId: `call-${name}`, name, args: { x: 1 } }, 0);
  session.closeOnCalls();
  return { session, turns, parking };
}

describe('a turn that is closed on its calls', () => {
  it('is parked under its conversation and its calls', () => {
    const { session, turns } = closeOn(['f']);
    const withCalls = callsDigest(prefixDigests(origin, request.messages).at(-1) ?? '', [call]);
    expect(session.phase).toBe('parked');
    expect(turns.take({ ...origin, withCalls })?.session).toBe(session);
  });

  it('is parked under the ids of its calls', () => {
    const { session, turns } = closeOn(['f', 'g']);
    const callIds = session.calls.map(({ id }) => id);
    expect(turns.take({ ...origin, callIds, withCalls: '' })?.session).toBe(session);
  });

  it('is left behind when its conversation goes on without results', () => {
    const { session, turns } = closeOn(['f']);
    turns.leaveBehind(prefixDigests(origin, request.messages));
    expect([turns.count, session.phase]).toEqual([0, 'settling']);
  });

  it('is told to stop where no result would reach its worker', () => {
    const { session, turns } = closeOn(['f'], 'replay');
    expect([turns.count, session.phase]).toEqual([0, 'settling']);
  });

  it('counts as declared only if our hello named the tools of all its calls', () => {
    const areDeclared = [['f'], ['f', 'g'], ['f', 'h']].map((tools) => {
      const { session, parking } = closeOn(tools);
      return parking.areDeclared(session);
    });
    expect(areDeclared).toEqual([true, true, false]);
  });
});
