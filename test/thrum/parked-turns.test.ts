import { describe, expect, it } from 'vitest';
import { prefixDigests } from '../../src/thrum/sessions/history-digest.js';
import { ParkedTurns } from '../../src/thrum/tools/parked-turns.js';
import { ResultWays } from '../../src/thrum/tools/result-ways.js';
import { Session } from '../../src/thrum/turn/session.js';

/** A session that is parked on one call. */
function parkedSession(sid: string) {
  const phases: string[] = [];
  const session = new Session({
    sid,
    facts: { model: 'm', toolNames: new Set(['f']), promptCharacters: 1, showWorkerTools: false },
    worker: undefined,
    maxBufferBytes: 1_000,
    now: 0,
    onCalls: () => 'parked',
    onPhase: (_, phase) => phases.push(phase),
  });
  session.accept({ chi: 'tool-call', sid, callId: `${sid}-call`, name: 'f', args: {} }, 0);
  session.closeOnCalls();
  return { session, phases };
}

const parked = (sid: string, fields: { size?: number; parkedAt?: number } = {}) => {
  const { session, phases } = parkedSession(sid);
  const turn = {
    session,
    keyId: undefined,
    modelId: 'm',
    prefix: sid,
    withCalls: sid,
    size: 1,
    parkedAt: 0,
    ...fields,
  };
  return { turn, phases };
};

const limits = { maxParkedTurns: 2, maxParkedBytes: 100 };

describe('ParkedTurns', () => {
  it('lets the oldest go above its count', () => {
    const turns = new ParkedTurns(limits);
    const all = ['a', 'b', 'c'].map((sid) => parked(sid));
    for (const { turn } of all) turns.add(turn);
    expect(turns.count).toBe(2);
    expect(all.map(({ phases }) => phases)).toEqual([['parked', 'settling'], ['parked'], ['parked']]);
  });

  it('lets the oldest go above its size', () => {
    const turns = new ParkedTurns(limits);
    const all = [parked('a', { size: 60 }), parked('b', { size: 60 })];
    for (const { turn } of all) turns.add(turn);
    expect(all.map(({ phases }) => phases.at(-1))).toEqual(['settling', 'parked']);
  });

  it('lets go after 290 seconds, and not before', () => {
    const turns = new ParkedTurns(limits);
    const { turn, phases } = parked('a', { parkedAt: 1_000 });
    turns.add(turn);
    turns.sweep(290_999);
    expect(turns.count).toBe(1);
    turns.sweep(291_000);
    expect([turns.count, phases.at(-1)]).toEqual([0, 'settling']);
  });

  it('forgets a turn whose worker ended by itself', () => {
    const turns = new ParkedTurns(limits);
    const { turn, phases } = parked('a');
    turns.add(turn);
    turn.session.accept({ chi: 'finish', sid: 'a' }, 1);
    turns.remove('a');
    expect([turns.count, phases.at(-1)]).toEqual([0, 'over']);
  });
});

describe('the digests of a conversation', () => {
  const origin = { keyId: 'k', modelId: 'm', system: 's' };
  const user = { role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] };
  const calling = (input: string, id: string) => ({
    role: 'assistant' as const,
    content: [],
    toolCalls: [{ id, name: 'f', input }],
  });

  it('differ by key, model and system, and by every message', () => {
    const variants = [
      origin,
      { ...origin, keyId: 'x' },
      { ...origin, modelId: 'x' },
      { ...origin, system: 'x' },
    ];
    const digests = variants.flatMap((variant) => prefixDigests(variant, [user, user]));
    expect(new Set(digests).size).toBe(12);
  });

  it('do not care for ids, nor for the order and spaces of arguments', () => {
    const [one, other] = [calling('{"a":1,"b":[2]}', 'x'), calling('{ "b": [2], "a": 1 }', 'y')].map(
      (message) => prefixDigests(origin, [user, message]).at(-1),
    );
    expect(one).toBe(other);
    expect(prefixDigests(origin, [user, calling('{"a":2,"b":[2]}', 'x')]).at(-1)).not.toBe(one);
  });
});

describe('ResultWays', () => {
  it('tries once, then does what was seen, for declared tools and others apart, until the link is another', () => {
    const ways = new ResultWays({ toolResults: 'auto' });
    expect(ways.waitMs(false)).toBe(300);
    ways.learn(false, 'replay');
    expect([ways.waitMs(false), ways.waitMs(true)]).toEqual([undefined, 300]);
    ways.learn(true, 'route');
    expect(ways.waitMs(true)).toBe(10_000);
    ways.forget();
    expect([ways.waitMs(false), ways.waitMs(true)]).toEqual([300, 300]);
  });

  it('does as it is told', () => {
    expect(new ResultWays({ toolResults: 'replay' }).waitMs(true)).toBeUndefined();
    const routing = new ResultWays({ toolResults: 'route' });
    routing.learn(false, 'replay');
    expect(routing.waitMs(false)).toBe(10_000);
  });
});
