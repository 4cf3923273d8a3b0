import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { ReplicaChannel } from '../../src/shared/replica-store.js';
import { prefixDigests } from '../../src/thrum/sessions/history-digest.js';
import { PARK_MS, type ParkedMark, ParkedTurns } from '../../src/thrum/tools/parked-turns.js';
import { ReplayNotices } from '../../src/thrum/tools/replay-notices.js';
import { ResultRoutes } from '../../src/thrum/tools/result-routes.js';
import { Turn } from '../../src/thrum/turn/turn.js';

const FACTS = {
  model: 'm',
  toolNames: new Set(['f']),
  promptCharacters: () => 1,
  showWorkerTools: false,
  keepsAnswer: false,
};

/** Parked turns within these limits, and a way to add one that is closed on a call of its own. */
function startParked(limits = { maxParkedTurns: 2, maxParkedBytes: 100 }) {
  const turns = new ParkedTurns(limits);
  const park = (
    sid: string,
    fields: { size?: number; keyId?: string; withCalls?: string; beginning?: string } = {},
  ) => {
    const signal = new TurnAbort();
    const turn = new Turn(
      {
        sid,
        maxBufferBytes: 1_000,
        maxAnswerBytes: 1_000,
        carryOut: (changed, effect) => {
          if (effect === 'unpark') turns.remove(changed);
        },
        onLateCall: () => undefined,
      },
      signal,
    );
    turn.prompt(FACTS, undefined, signal, 0);
    // Workers number their calls: each of these has the same id.
    turn.accept({ chi: 'tool-call', sid, callId: 'call_0', name: 'f', args: {} }, 0);
    const close = () => {
      const callIds = turn.calls.map(({ id }) => id);
      const { size = 1, keyId, withCalls = sid, beginning = '' } = fields;
      const isTaken = turns.add({
        turn,
        keyId,
        modelId: 'm',
        callIds,
        prefix: sid,
        withCalls,
        beginning,
        size,
      });
      return isTaken ? PARK_MS : undefined;
    };
    turn.closeOnCalls(close, 0);
    return turn;
  };
  const mark = (fields: Partial<ParkedMark>): ParkedMark => ({
    modelId: 'm',
    callIds: [],
    withCalls: '',
    ...fields,
  });
  return { turns, park, mark };
}

const states = (all: readonly Turn[]) => all.map((turn) => turn.state.at);
const idsOf = (turn: Turn) => turn.calls.map(({ id }) => id);

describe('ParkedTurns', () => {
  it('give up the oldest above their count, and above their size', () => {
    const { turns, park } = startParked();
    const all = ['a', 'b', 'c'].map((sid) => park(sid));
    expect([turns.count, states(all)]).toEqual([2, ['settling', 'parked', 'parked']]);
    const large = park('d', { size: 99 });
    expect(states([...all, large])).toEqual(['settling', 'settling', 'parked', 'parked']);
  });

  it('do not take in what is larger than all may be, and give up nothing for it', () => {
    const { turns, park } = startParked();
    const all = [park('a'), park('b', { size: 101 })];
    expect([turns.count, states(all)]).toEqual([1, ['parked', 'settling']]);
  });

  it('are none where none may be', () => {
    const { turns, park } = startParked({ maxParkedTurns: 0, maxParkedBytes: 100 });
    expect([park('a').state.at, turns.count]).toEqual(['settling', 0]);
  });

  it('are given up after 290 seconds, and not before', () => {
    const { turns, park } = startParked();
    const turn = park('a');
    turn.expire(PARK_MS - 1);
    expect(turns.count).toBe(1);
    turn.expire(PARK_MS);
    expect([turns.count, turn.state.at]).toEqual([0, 'settling']);
  });

  it('forget a turn whose worker ended by itself', () => {
    const { turns, park } = startParked();
    const turn = park('a');
    turn.accept({ chi: 'finish', sid: 'a' }, 1);
    expect([turns.count, turn.state.at]).toEqual([0, 'over']);
  });

  it('are found by the ids that the bridge gave to their calls, although workers number theirs', () => {
    const { turns, park, mark } = startParked();
    const [a, b] = [park('a'), park('b')];
    expect(turns.find(mark({ callIds: idsOf(a) }))?.turn).toBe(a);
    expect(turns.find(mark({ callIds: idsOf(b), withCalls: 'a' }))?.turn).toBe(b);
  });

  it("are never found by another key, by half of two turns, or by a bridge's id that is not parked here", () => {
    const { turns, park, mark } = startParked();
    const [a, b] = [park('a'), park('b', { keyId: 'k' })];
    const foreign = `call_${'0'.repeat(32)}`;
    for (const callIds of [idsOf(b), [...idsOf(a), ...idsOf(b)], [...idsOf(a), foreign], [foreign]])
      expect(turns.find(mark({ callIds, withCalls: 'a' }))).toBeUndefined();
  });

  it('are found by their conversation where the ids are lost or rewritten, if exactly one has it', () => {
    const { turns, park, mark } = startParked({ maxParkedTurns: 9, maxParkedBytes: 100 });
    const a = park('a');
    for (const callIds of [[], ['call_0'], ['renamed']])
      expect(turns.find(mark({ callIds, withCalls: 'a' }))?.turn).toBe(a);
    expect(turns.find(mark({ withCalls: 'a', modelId: 'other' }))).toBeUndefined();
    expect(turns.find(mark({ withCalls: 'a', keyId: 'other' }))).toBeUndefined();
    park('b', { withCalls: 'a' });
    expect(turns.find(mark({ withCalls: 'a' }))).toBeUndefined();
  });

  it('are told apart by what was said with the calls, unless their client has not kept that', () => {
    const { turns, park, mark } = startParked({ maxParkedTurns: 9, maxParkedBytes: 100 });
    const a = park('a', { beginning: 'words' });
    for (const beginning of ['words', '', undefined])
      expect(turns.find(mark({ withCalls: 'a', beginning }))?.turn).toBe(a);
    expect(turns.find(mark({ withCalls: 'a', beginning: 'otherwords' }))).toBeUndefined();
    const b = park('b', { withCalls: 'a', beginning: 'otherwords' });
    expect(turns.find(mark({ withCalls: 'a', beginning: 'otherwords' }))?.turn).toBe(b);
  });

  it('are given up one at a time by requests that go the same way without results', () => {
    const { turns, park } = startParked();
    const all = [park('a'), park('a2', { withCalls: 'a' })];
    turns.leaveBehind(undefined, [], ['a', 'a2']);
    expect(states(all)).toEqual(['settling', 'parked']);
    turns.leaveBehind(undefined, [], ['other']);
    expect(turns.count).toBe(1);
  });

  it('are given up by the ids of their calls, if the history answers them, before all others', () => {
    const { turns, park } = startParked();
    const all = [park('a'), park('b')];
    const [, b] = all;
    const message = { role: 'tool' as const, content: [], toolCallId: (b && idsOf(b)[0]) ?? '' };
    expect(turns.giveUpAnswered('another key', [message])).toBe(false);
    expect(states(all)).toEqual(['parked', 'parked']);
    turns.leaveBehind(undefined, [message], ['a', 'b']);
    expect(states(all)).toEqual(['parked', 'settling']);
  });

  it('are given up where room is needed, the oldest of those that have it', () => {
    const { turns, park } = startParked({ maxParkedTurns: 9, maxParkedBytes: 100 });
    const all = ['a', 'b', 'c'].map((sid) => park(sid));
    turns.giveUpOldest((sid) => sid !== 'a');
    expect(states(all)).toEqual(['parked', 'settling', 'parked']);
    turns.giveUpOldest(() => false);
    expect(turns.count).toBe(2);
  });

  it('are given up when another replica says that their results are replayed there, not when this one said it', () => {
    const { turns, park, mark } = startParked();
    const all = [park('a'), park('b')];
    const heard: ((message: string) => void)[] = [];
    const published: string[] = [];
    const channel: ReplicaChannel = {
      replicaId: 'here',
      subscribe: (_channel, listener) => void heard.push(listener),
      publish: async (_channel, message) => void published.push(message),
    };
    const notices = new ReplayNotices(channel, turns);
    notices.announce(mark({ withCalls: 'a' }));
    const [own = ''] = published;
    const say = (message: string) => {
      for (const listener of heard) listener(message);
    };
    for (const message of [own, '', '{}', 'null']) say(message);
    expect(states(all)).toEqual(['parked', 'parked']);
    say(own.replace('"here"', '"elsewhere"'));
    expect(states(all)).toEqual(['settling', 'parked']);
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

describe('ResultRoutes', () => {
  it('tries once, then does what was seen, for declared tools and others apart, until the link is another', () => {
    const routes = new ResultRoutes({ toolResults: 'auto' });
    expect([routes.mayPark(false, 0), routes.waitMs(false)]).toEqual([true, 300]);
    routes.dropped(false, 0);
    expect([routes.mayPark(false, 1), routes.mayPark(true, 1)]).toEqual([false, true]);
    routes.delivered(true);
    expect([routes.mayPark(true, 1), routes.waitMs(true)]).toEqual([true, 10_000]);
    routes.forget();
    expect([routes.mayPark(false, 1), routes.waitMs(true)]).toEqual([true, 300]);
  });

  it('still tries for a worker that waits already, and again after a minute', () => {
    const routes = new ResultRoutes({ toolResults: 'auto' });
    routes.dropped(false, 0);
    expect(routes.waitMs(false)).toBe(300);
    expect([routes.mayPark(false, 59_999), routes.mayPark(false, 60_000)]).toEqual([false, true]);
  });

  it('learns nothing from one failure where results have been seen to arrive', () => {
    const routes = new ResultRoutes({ toolResults: 'auto' });
    routes.delivered(true);
    routes.dropped(true, 0);
    expect([routes.mayPark(true, 1), routes.waitMs(true)]).toEqual([true, 10_000]);
  });

  it('does as it is told', () => {
    const replaying = new ResultRoutes({ toolResults: 'replay' });
    expect([replaying.mayPark(true, 0), replaying.waitMs(true)]).toEqual([false, undefined]);
    const routing = new ResultRoutes({ toolResults: 'route' });
    routing.dropped(false, 0);
    expect([routing.mayPark(false, 1), routing.waitMs(false)]).toEqual([true, 10_000]);
  });
});
