import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Message, TurnRequest } from '../../src/core/request.js';
import type { ReplicaChannel } from '../../src/shared/replica-store.js';
import { UNKNOWN_WORKER } from '../../src/core/worker-profile.js';
import { learnDigests } from '../../src/thrum/sessions/history-digest.js';
import { eventually } from '../eventually.js';
import { until, withFrozenTimers } from '../frozen-timers.js';
import { modelOf } from '../model.js';
import { asking, type OpenTurnsOptions, startTurns, TARGET, TOOL } from './open-turns.js';

type World = ReturnType<typeof startTurns>;

const finish = (sid: unknown) => ({ chi: 'finish', sid, finishReason: 'stop' });
const call = (sid: unknown, callId = 'call_0') => ({ chi: 'tool-call', sid, callId, name: 'f', args: {} });
const sids = (world: World) => world.tones('prompt').map(({ sid }) => String(sid));

const answering = (text: string): Message => ({
  role: 'assistant',
  content: [{ type: 'text', text }],
  toolCalls: [],
});
/** What goes on with a conversation whose first answer was empty. */
const goneOn = (first: string, next: string): readonly Message[] => [
  ...asking(first).messages,
  answering(''),
  ...asking(next).messages,
];

/** Opens a turn, and collects what its client hears. */
async function open(
  world: World,
  request: TurnRequest = asking('hi'),
  signal = new TurnAbort(),
  target = TARGET,
) {
  const { events } = await world.opener.open(request, target, signal);
  const heard: Event[] = [];
  const over = (async () => {
    for await (const batch of events) heard.push(...batch);
  })();
  return { heard, over, signal, sid: sids(world).at(-1) ?? '' };
}

/** Opens a turn that ends on one call, and waits until its worker is parked. */
async function park(world: World, request = asking('hi', { tools: [TOOL] })) {
  const turn = await open(world, request);
  world.turns.accept([call(turn.sid)]);
  await turn.over;
  const given = turn.heard.find((event) => event.type === 'tool-call') ?? expect.fail('no call was given');
  return { ...turn, call: given, request };
}

/** The request that brings results of a parked turn's call. */
function bringing(
  { request, call: given }: Awaited<ReturnType<typeof park>>,
  ...ids: readonly string[]
): TurnRequest {
  const { id, name, input } = given;
  const called: Message = { role: 'assistant', content: [], toolCalls: [{ id, name, input }] };
  const results = [id, ...ids].map(
    (toolCallId): Message => ({ role: 'tool', toolCallId, content: [{ type: 'text', text: 'seen' }] }),
  );
  return { ...request, messages: [...request.messages, called, ...results] };
}

describe('room at a worker', () => {
  const oneRoom = { limits: { turnsPerWorker: { claude: 1 } } };

  it('is waited for, and nothing is sent before', async () => {
    const world = startTurns(oneRoom);
    const first = await open(world);
    const second = open(world);
    await Promise.resolve();
    expect(sids(world)).toHaveLength(1);
    world.turns.accept([finish(first.sid)]);
    await second;
    expect(sids(world)).toHaveLength(2);
  });

  it('is free again for a turn that was not sent, because the link broke or its client left meanwhile', async () => {
    const world = startTurns(oneRoom);
    const first = await open(world);
    const second = open(world);
    world.opener.onLost();
    world.turns.loseAll(new Fault('link-lost', 'gone'));
    await expect(second).rejects.toMatchObject({ code: 'link-down' });
    await first.over;
    const left = new TurnAbort();
    const third = await open(world);
    const fourth = open(world, asking('hi'), left);
    left.abort();
    await expect(fourth).rejects.toMatchObject({ code: 'client-left' });
    world.turns.accept([finish(third.sid)]);
    expect([world.opener.takenRooms, world.opener.waitingTurns]).toEqual([0, 0]);
  });

  it('is not given to a turn whose client left in the moment it got it', async () => {
    const world = startTurns(oneRoom);
    const first = await open(world);
    const left = new TurnAbort();
    const second = open(world, asking('hi'), left);
    world.turns.accept([finish(first.sid)]);
    left.abort();
    await expect(second).rejects.toMatchObject({ code: 'client-left' });
    expect([sids(world).length, world.opener.takenRooms]).toEqual([1, 0]);
  });

  it('is taken from a parked turn, and from a session that is only kept', async () => {
    const world = startTurns({ ...oneRoom, isStateful: true });
    const parked = await park(world);
    const next = open(world, asking('next', { sessionHint: 'n' }));
    await eventually(() => expect(world.tones('cancel')).toMatchObject([{ sid: parked.sid }]));
    world.turns.accept([finish(parked.sid)]);
    const kept = await next;
    world.turns.accept([finish(kept.sid)]);
    await kept.over;
    expect(world.opener.takenRooms).toBe(1);
    await open(world);
    expect(world.tones('cleanup').map(({ sid }) => sid)).toEqual([parked.sid, kept.sid]);
  });

  it('is not taken from a second parked turn while the first one is still leaving', async () => {
    const world = startTurns({ limits: { turnsPerWorker: { claude: 2 } } });
    for (const text of ['one', 'two']) await park(world, asking(text, { tools: [TOOL] }));
    const waiting = open(world, asking('three'));
    const next = open(world, asking('four'));
    await eventually(() => expect(world.opener.waitingTurns).toBe(2));
    expect(world.tones('cancel')).toHaveLength(1);
    world.turns.accept([finish(sids(world)[0])]);
    await waiting;
    world.turns.accept([finish(sids(world)[1])]);
    await next;
  });

  it('is had by a turn that waits as soon as the one that has it is parked, or its session only kept', async () => {
    const parks = startTurns(oneRoom);
    const first = await open(parks, asking('hi', { tools: [TOOL] }));
    const second = open(parks, asking('next'));
    parks.turns.accept([call(first.sid)]);
    await eventually(() => expect(parks.tones('cancel')).toMatchObject([{ sid: first.sid }]));
    parks.turns.accept([finish(first.sid)]);
    await second;

    const keeps = startTurns({ ...oneRoom, isStateful: true });
    const kept = await open(keeps, asking('hi', { sessionHint: 'n' }));
    const waiting = open(keeps, asking('next'));
    keeps.turns.accept([finish(kept.sid)]);
    await waiting;
    expect(keeps.tones('cleanup')).toMatchObject([{ sid: kept.sid }]);
  });
});

it('the process of a turn that is over takes its place at a worker that keeps processes, until it is gone', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const world = startTurns({ kind: 'claude-cli', limits: { turnsPerWorker: { 'claude-cli': 1 } } });
  const resolved = modelOf('m', { profile: { ...UNKNOWN_WORKER, isClaude: true } });
  const first = await open(world, asking('hi', { resolved }));
  world.turns.accept([finish(first.sid)]);
  expect([world.opener.takenRooms, world.tones('cancel')]).toMatchObject([0, [{ sid: first.sid }]]);
  const next = open(world, asking('next', { resolved }));
  await nextTurn();
  expect(world.opener.waitingTurns).toBe(1);
  vi.advanceTimersByTime(250);
  await next;
  expect(world.opener.waitingTurns).toBe(0);
});

it('a worker whose results are routed gets an error for the calls of a client that is gone', async () => {
  const world = startTurns();
  const profile = { ...UNKNOWN_WORKER, isClaude: true, greets: true, callsMeshTools: true };
  const signal = new TurnAbort();
  const resolved = modelOf('m', { profile });
  const opening = open(world, asking('hi', { tools: [TOOL], resolved }), signal);
  await eventually(() => expect(sids(world)).toHaveLength(1));
  const [hello] = world.tones('hello');
  const [tool] = Array.isArray(hello?.['tools']) ? hello['tools'] : [];
  const sid = sids(world)[0];
  world.turns.accept([{ chi: 'session-ready', sid, tools: [`mcp__hum__${tool.name}`] }]);
  const turn = await opening;
  world.turns.accept([{ ...call(sid), name: tool.name }]);
  await turn.over;
  expect(turn.heard).toMatchObject([{ type: 'ready' }, { type: 'tool-call', name: 'f' }, { type: 'finish' }]);
  expect([world.opener.parkedTurns, world.tones('tool-result')]).toEqual([1, []]);
  signal.abort();
  expect(world.tones('tool-result')).toMatchObject([
    { sid, callId: 'call_0', toolName: tool.name, isError: true },
  ]);
});

describe('a conversation with a name', () => {
  const named = (text: string, fields: Partial<TurnRequest> = {}) =>
    asking(text, { sessionHint: 'n', ...fields });

  it('is free for the next request as soon as its client has left, before the worker has stopped', async () => {
    const world = startTurns({ isStateful: true });
    const first = await open(world, named('one'));
    first.signal.abort();
    const second = await open(world, named('two'));
    world.turns.accept([finish(second.sid)]);
    await second.over;
    // It was kept, so it ran under the name.
    expect(world.tones('cleanup')).toEqual([]);
    expect(world.opener.takenRooms).toBe(2);
  });

  it('goes on beside another one of the same name, each with its own session', async () => {
    const world = startTurns({ isStateful: true });
    const first = await open(world, named('one'));
    const second = await open(world, named('two'));
    world.turns.accept([finish(second.sid), finish(first.sid)]);
    await Promise.all([first.over, second.over]);
    const onward = await open(world, named('x', { messages: [...goneOn('one', 'three')] }));
    expect([onward.sid, world.tones('prompt').at(-1)?.['content']]).toEqual([first.sid, 'three']);
    expect(world.tones('cleanup')).toEqual([]);
  });

  it('that was not sent can still be gone on with', async () => {
    const world = startTurns({ isStateful: true });
    const first = await open(world, named('one'));
    world.turns.accept([finish(first.sid)]);
    await first.over;
    const said = goneOn('one', 'two');
    const gone = new TurnAbort();
    const failing = open(world, named('x', { messages: said }), gone);
    gone.abort();
    await expect(failing).rejects.toMatchObject({ code: 'client-left' });
    const onward = await open(world, named('x', { messages: said }));
    expect([onward.sid, world.tones('prompt').at(-1)?.['content']]).toEqual([first.sid, 'two']);
  });

  it('that was rewritten is sent whole under a fresh sid', async () => {
    const world = startTurns({ isStateful: true });
    const first = await open(world, named('one'));
    world.turns.accept([finish(first.sid)]);
    await first.over;
    const second = await open(world, named('x', { messages: goneOn('rewritten', 'two') }));
    expect(second.sid).not.toBe(first.sid);
    expect(world.tones('prompt').at(-1)?.['content']).toContain('rewritten');
  });
});

describe('a link that breaks while a turn is being opened', () => {
  it.each([{ isStateful: true }, { isStateful: false }])(
    'ends it: nothing is sent over the next one',
    async (options) => {
      const world = startTurns(options);
      const opening = open(world, asking('hi', { tools: [TOOL] }));
      world.opener.onLost();
      world.turns.loseAll(new Fault('link-lost', 'gone'));
      await expect(opening).rejects.toMatchObject({ code: 'link-down' });
      expect([world.tones('prompt'), world.opener.takenRooms]).toEqual([[], 0]);
    },
  );

  it.each<[string, string, (() => unknown) | undefined]>([
    ['at once', 'two', undefined],
    ['while its session is looked for', 'two', () => Promise.resolve()],
    ['while its prompt is made in a thread', 'two '.repeat(300_000), nextTurn],
  ])('leaves its conversation to be resumed, %s', async (_, news, moment) => {
    const world = startTurns({ isStateful: true });
    const first = await open(world);
    world.turns.accept([{ chi: 'session-ready', sid: first.sid, nestId: 'nest' }, finish(first.sid)]);
    await first.over;
    const messages = goneOn('hi', news);
    await learnDigests({ keyId: undefined, modelId: 'm', system: undefined }, messages, new TurnAbort());
    const opening = open(world, { ...asking('x'), messages });
    if (moment !== undefined) await moment();
    expect(world.tones('prompt')).toHaveLength(1);
    world.opener.onLost();
    await expect(opening).rejects.toMatchObject({ code: 'link-down' });
    const second = await open(world, { ...asking('x'), messages: goneOn('hi', 'two') });
    expect(second.sid).not.toBe(first.sid);
    expect(world.tones('prompt').at(-1)).toMatchObject({ content: 'two', resume: 'nest' });
  });
});

describe('a session that turns out to be empty', () => {
  const resolved = modelOf('m', { profile: { ...UNKNOWN_WORKER, isClaude: true, greets: true } });
  const greeting = (fields: Partial<TurnRequest> = {}) => asking('hi', { resolved, ...fields });

  /** A request goes on with a conversation, which its worker has lost. */
  async function startEmpty(limits: OpenTurnsOptions['limits'] = {}) {
    const world = startTurns({ isStateful: true, limits });
    const first = await open(world, greeting());
    world.turns.accept([{ chi: 'session-ready', sid: first.sid, nestId: 'nest' }, finish(first.sid)]);
    await first.over;
    const signal = new TurnAbort();
    const second = open(world, greeting({ messages: goneOn('hi', 'two') }), signal);
    await eventually(() => expect(world.tones('prompt')).toHaveLength(2));
    const lost = [
      { chi: 'session-ready', sid: first.sid, nestId: 'other' },
      { chi: 'chunk', sid: first.sid, chunkType: 'text_delta', delta: 'who are you?' },
      finish(first.sid),
    ];
    return { world, first, second, signal, lost };
  }

  it.each([1, 2, 3])(
    'leaves nothing behind, however much of its answer has come: %s tones',
    async (count) => {
      const { world, first, second, lost } = await startEmpty();
      world.turns.accept(lost.slice(0, count));
      await eventually(() => expect(world.tones('prompt')).toHaveLength(3));
      expect(world.tones('prompt').at(-1)?.['content']).toContain('<turn role="user">');
      expect(world.opener.sessions()).toMatchObject([{ state: 'running', turns: 2 }]);
      expect(world.budget.bytes).toBe(0);
      // Its worker stops at last: what runs now is another turn.
      world.turns.accept([finish(first.sid)]);
      expect(world.opener.sessions()).toHaveLength(1);
      const sid = sids(world).at(-1);
      world.turns.accept([{ chi: 'session-ready', sid, nestId: 'third' }, finish(sid)]);
      const { over, heard } = await second;
      await over;
      expect(heard.filter(({ type }) => type === 'text-delta')).toEqual([]);
      expect(world.opener.sessions()).toMatchObject([{ state: 'kept', turns: 2 }]);
      expect(world.tones('cancel').map((tone) => tone.sid)).toContain(first.sid);
      // What it said is no session that a request could go on with.
      const said = [...goneOn('hi', 'two'), answering('who are you?'), ...asking('three').messages];
      await Promise.race([open(world, greeting({ messages: said })), nextTurn()]);
      expect(world.tones('prompt').at(-1)?.sid).not.toBe(first.sid);
    },
  );

  it('is nothing for a client that leaves before its worker has said anything', async () => {
    const { world, second, signal } = await startEmpty();
    signal.abort();
    await expect(second).rejects.toMatchObject({ code: 'client-left' });
    expect(world.tones('prompt')).toHaveLength(2);
  });

  it('is in use no more when its client leaves before the prompt has gone out again', async () => {
    const { world, second, signal, lost } = await startEmpty({ turnsPerWorker: { claude: 1 } });
    // The room of what was resumed is not free before its worker says so.
    world.turns.accept(lost.slice(0, 1));
    await eventually(() => expect(world.opener.waitingTurns).toBe(1));
    expect(world.opener.sessions()).toHaveLength(1);
    signal.abort();
    await expect(second).rejects.toMatchObject({ code: 'client-left' });
    expect(world.opener.sessions()).toEqual([]);
  });
});

describe('results', () => {
  it('for another model are replayed, and the worker that waits is told to stop', async () => {
    const world = startTurns();
    const parked = await park(world);
    await open(world, bringing(parked), new TurnAbort(), { modelId: 'other', card: undefined });
    expect(world.tones('tool-result')).toEqual([]);
    expect(world.tones('cancel')).toMatchObject([{ sid: parked.sid }]);
  });

  it('that do not answer exactly the calls are replayed, and the worker is told to stop', async () => {
    const unknown = `call_${'0'.repeat(32)}`;
    for (const further of ['not-ours', unknown]) {
      const world = startTurns();
      const parked = await park(world);
      await open(world, bringing(parked, further));
      expect([world.tones('tool-result'), world.opener.parkedTurns]).toEqual([[], 0]);
      expect(world.tones('cancel')).toMatchObject([{ sid: parked.sid }]);
    }
  });

  it('go to the worker under its own id, and a refusal by humd has them replayed at once', async () => {
    const world = startTurns({ limits: { toolResults: 'route' } });
    const parked = await park(world);
    await withFrozenTimers(async () => {
      const brought = open(world, bringing(parked));
      await until(() => world.tones('tool-result').length === 1);
      const [result] = world.tones('tool-result');
      expect(result).toMatchObject({ sid: parked.sid, callId: 'call_0', output: 'seen', isError: false });
      world.turns.accept([{ chi: 'echo', rid: result?.rid, ok: false }]);
      await brought;
    });
    expect(sids(world)).toHaveLength(2);
    expect(world.tones('cancel')).toMatchObject([{ sid: parked.sid }]);
  });

  describe('that the worker has to show it took', () => {
    const parkedAndBrought = async () => {
      vi.useFakeTimers({
        toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'performance'],
      });
      onTestFinished(() => void vi.useRealTimers());
      const world = startTurns();
      const request = asking('hi', { tools: [TOOL] });
      const turn = await open(world, request);
      world.turns.accept([call(turn.sid)]);
      await vi.advanceTimersByTimeAsync(60);
      await turn.over;
      const given =
        turn.heard.find((event) => event.type === 'tool-call') ?? expect.fail('no call was given');
      const timers = vi.getTimerCount();
      const brought = open(world, bringing({ ...turn, call: given, request }));
      await vi.advanceTimersByTimeAsync(0);
      expect(world.tones('tool-result')).toHaveLength(1);
      return { world, sid: turn.sid, brought, timers };
    };

    it('leave no timer behind when it has', async () => {
      const { world, sid, brought, timers } = await parkedAndBrought();
      world.turns.accept([{ chi: 'chunk', sid, chunkType: 'text_delta', delta: 'seen' }]);
      await brought;
      expect(vi.getTimerCount()).toBe(timers);
    });

    it('are replayed where it has not within 300 ms, and when it says that it lives, no further turn is parked', async () => {
      const { world, sid, brought } = await parkedAndBrought();
      await vi.advanceTimersByTimeAsync(310);
      expect(sids(world)).toHaveLength(2);
      const replayed = await brought;
      world.turns.accept([finish(sid), call(replayed.sid)]);
      await vi.advanceTimersByTimeAsync(60);
      await replayed.over;
      expect(world.opener.parkedTurns).toBe(0);
    });
  });

  it('whose client leaves before the worker goes on have it cancelled, and nothing is replayed', async () => {
    const world = startTurns({ limits: { toolResults: 'route' } });
    const parked = await park(world);
    const left = new TurnAbort();
    const brought = open(world, bringing(parked), left);
    await eventually(() => expect(world.tones('tool-result')).toHaveLength(1));
    left.abort();
    expect(world.tones('cancel')).toHaveLength(1);
    await expect(brought).rejects.toMatchObject({ code: 'client-left' });
    expect([world.tones('cancel').length, sids(world).length, world.opener.parkedTurns]).toEqual([1, 1, 0]);
  });

  it('of a client that has left already do not reach the worker, which is told to stop', async () => {
    const world = startTurns();
    const parked = await park(world);
    const left = new TurnAbort();
    left.abort();
    await expect(open(world, bringing(parked), left)).rejects.toMatchObject({ code: 'client-left' });
    expect([world.tones('tool-result').length, world.tones('cancel').length]).toEqual([0, 1]);
  });

  /** What some agents send behind results. */
  const REMINDED: readonly Message[] = [{ role: 'system', content: [{ type: 'text', text: 'careful' }] }];

  it('are replayed where the request has other instructions or a further tool, and routed where it only has fewer', async () => {
    const further = { name: 'g', inputSchema: { type: 'object' } };
    const cases: readonly (readonly [Partial<TurnRequest>, boolean])[] = [
      [{ system: 'another agent' }, false],
      [{ tools: [TOOL, further] }, false],
      [{ tools: [{ ...TOOL }] }, true],
      [{ tools: [] }, true],
      [{ tools: [], messages: REMINDED }, true],
    ];
    for (const [fields, isRouted] of cases) {
      const world = startTurns();
      const parked = await park(world);
      const request = bringing(parked);
      const messages = fields.messages === REMINDED ? [...request.messages, ...REMINDED] : request.messages;
      const brought = open(world, { ...request, ...fields, messages });
      await eventually(() => expect(world.tones('tool-result').length + sids(world).length).toBe(2));
      expect(world.tones('tool-result')).toHaveLength(isRouted ? 1 : 0);
      expect(world.tones('cancel')).toHaveLength(isRouted ? 0 : 1);
      world.turns.accept([finish(parked.sid)]);
      await brought;
    }
  });

  it('reach the worker once, if they come twice at once', async () => {
    const world = startTurns();
    const parked = await park(world);
    const both = [open(world, bringing(parked)), open(world, bringing(parked))];
    await eventually(() => expect([world.tones('tool-result').length, sids(world).length]).toEqual([1, 2]));
    world.turns.accept([finish(parked.sid)]);
    await Promise.all(both);
    expect(world.tones('tool-result')).toHaveLength(1);
    expect(world.followed.filter(([sid]) => sid === parked.sid)).toHaveLength(2);
  });

  it('are replayed where the worker has ended while they were made', async () => {
    const world = startTurns();
    const parked = await park(world);
    const request = bringing(parked);
    const large: Message = {
      role: 'tool',
      toolCallId: parked.call.id,
      content: [{ type: 'text', text: 'word '.repeat(300_000) }],
    };
    const opening = open(world, { ...request, messages: [...request.messages.slice(0, -1), large] });
    await nextTurn();
    world.turns.accept([finish(parked.sid)]);
    await opening;
    expect([world.tones('tool-result').length, sids(world).length]).toEqual([0, 2]);
  });

  it.each([
    ['a worker of Claude Code has one field for them', true],
    ['any other worker has an older one, too', false],
  ])('%s', async (_, isClaude) => {
    const world = startTurns();
    const resolved = modelOf('m', { profile: { ...UNKNOWN_WORKER, isClaude } });
    const parked = await park(world, asking('hi', { tools: [TOOL], resolved }));
    const brought = open(world, bringing(parked));
    await eventually(() => expect(world.tones('tool-result')).toHaveLength(1));
    const [tone] = world.tones('tool-result');
    expect([tone?.['output'], tone?.['result']]).toEqual(['seen', isClaude ? undefined : 'seen']);
    world.turns.accept([finish(parked.sid)]);
    await brought;
  });

  it('are of the request that brought them from then on: its next calls are known by what it said', async () => {
    const world = startTurns();
    const parked = await park(world);
    const request = bringing(parked);
    const second = open(world, request);
    await eventually(() => expect(world.tones('tool-result')).toHaveLength(1));
    expect(world.followed.at(-1)).toEqual([parked.sid, request]);
    world.turns.accept([call(parked.sid, 'call_1')]);
    const next = await second;
    await next.over;
    expect(world.opener.parkedTurns).toBe(1);
    const called: Message = {
      role: 'assistant',
      content: [],
      toolCalls: [{ id: 'lost', name: 'f', input: '{}' }],
    };
    const result: Message = { role: 'tool', toolCallId: 'lost', content: [{ type: 'text', text: 'again' }] };
    const third = open(world, { ...request, messages: [...request.messages, called, result] });
    await eventually(() => expect(world.tones('tool-result').at(-1)?.['output']).toBe('again'));
    world.turns.accept([finish(parked.sid)]);
    await third;
    expect(sids(world)).toHaveLength(1);
  });

  it('have their conversation gone on with only if nothing of it has changed', async () => {
    for (const isSame of [true, false]) {
      const world = startTurns({ isStateful: true });
      const parked = await park(world);
      const request = bringing(parked);
      const messages = isSame
        ? request.messages
        : [...asking('another question').messages, ...request.messages.slice(1)];
      const second = open(world, { ...request, messages });
      await eventually(() => expect(world.tones('tool-result')).toHaveLength(1));
      world.turns.accept([
        { chi: 'chunk', sid: parked.sid, chunkType: 'text_delta', delta: 'done' },
        finish(parked.sid),
      ]);
      await (await second).over;
      expect(world.opener.sessions().map(({ state }) => state)).toEqual(isSame ? ['kept'] : []);
    }
  });

  it('that humd does not route are believed to be lost, unless some have arrived; a new link may be another', async () => {
    for (const [hasArrived, parksThen] of [
      [true, 1],
      [false, 0],
    ] as const) {
      const world = startTurns();
      if (hasArrived) {
        const first = await park(world);
        const brought = open(world, bringing(first));
        await eventually(() => expect(world.tones('tool-result')).toHaveLength(1));
        world.turns.accept([finish(first.sid)]);
        await brought;
      }
      const lost = await park(world);
      const brought = open(world, bringing(lost));
      await eventually(() => expect(world.tones('tool-result').at(-1)?.sid).toBe(lost.sid));
      world.turns.accept([{ chi: 'echo', rid: world.tones('tool-result').at(-1)?.rid, ok: false }]);
      await brought;
      world.turns.accept([finish(lost.sid)]);
      const parks = async (text: string) => {
        const next = await open(world, asking(text, { tools: [TOOL] }));
        world.turns.accept([call(next.sid)]);
        await next.over;
        return world.opener.parkedTurns;
      };
      expect(await parks('next')).toBe(parksThen);
      world.opener.onLost();
      expect(await parks('another')).toBe(parksThen + 1);
    }
  });

  it('that are replayed here are told of to the replicas, where there are any', async () => {
    const published: string[] = [];
    const channel: ReplicaChannel = {
      replicaId: 'one',
      publish: async (_, message) => void published.push(message),
      subscribe: () => undefined,
    };
    const world = startTurns({ channel });
    for (const toolCallId of ['lost', `call_${'0'.repeat(32)}`]) {
      const called: Message = {
        role: 'assistant',
        content: [],
        toolCalls: [{ id: toolCallId, name: 'f', input: '{}' }],
      };
      const result: Message = { role: 'tool', toolCallId, content: [{ type: 'text', text: 'seen' }] };
      const { messages } = asking('hi');
      await open(world, asking('hi', { tools: [TOOL], messages: [...messages, called, result] }));
      expect(JSON.parse(published.pop() ?? '')).toMatchObject({
        mark: { modelId: 'm', callIds: [toolCallId] },
      });
      expect(published).toEqual([]);
    }
    expect(sids(world)).toHaveLength(2);
  });

  it('are followed by what the worker called while it waited', async () => {
    const world = startTurns();
    const parked = await park(world);
    world.turns.accept([call(parked.sid, 'call_1')]);
    const brought = open(world, bringing(parked));
    await eventually(() => expect(world.tones('tool-result')).toHaveLength(1));
    world.turns.accept([{ chi: 'chunk', sid: parked.sid, chunkType: 'tool_executed', toolName: 'f' }]);
    const next = await brought;
    await next.over;
    expect(next.heard.map(({ type }) => type)).toEqual(['tool-call', 'finish']);
    expect(world.opener.parkedTurns).toBe(1);
  });
});

it('a parked turn is given up for a request that takes the same way again, with tools or without, and for no other', async () => {
  for (const tools of [[], [TOOL]]) {
    const world = startTurns();
    const parked = await park(world);
    await open(world, asking('something else', { tools }));
    expect(world.opener.parkedTurns).toBe(1);
    await open(world, asking('hi', { tools }));
    expect([world.opener.parkedTurns, world.tones('cancel')]).toMatchObject([0, [{ sid: parked.sid }]]);
  }
});

it('a session is resumed once eight processes have been started since, at a worker that ends them', async () => {
  for (const [isClaude, others] of [
    [true, 7],
    [true, 8],
    [false, 8],
  ] as const) {
    const world = startTurns({ isStateful: true });
    const resolved = modelOf('m', { profile: { ...UNKNOWN_WORKER, isClaude } });
    const ask = async (request: TurnRequest) => {
      const turn = await open(world, request);
      world.turns.accept([{ chi: 'session-ready', sid: turn.sid, nestId: 'nest' }, finish(turn.sid)]);
      await turn.over;
    };
    await ask(asking('hi', { resolved }));
    for (let count = 0; count < others; count++) await ask(asking(`other ${count}`, { resolved }));
    // What goes on is no start.
    await ask(asking('x', { resolved, messages: goneOn('other 0', 'on') }));
    await ask(asking('x', { resolved, messages: goneOn('hi', 'two') }));
    expect(world.tones('prompt').at(-1)?.['resume']).toBe(isClaude && others === 8 ? 'nest' : undefined);
    expect(world.tones('prompt').at(-1)?.['content']).toBe('two');
  }
});

it('a conversation whose client leaves is known no more', async () => {
  const world = startTurns({ isStateful: true });
  const { signal } = await open(world);
  expect(world.opener.sessions()).toHaveLength(1);
  signal.abort();
  expect(world.opener.sessions()).toEqual([]);
});

it('sessions that are idle for long, and tools that are used no more, go with the sweep', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const world = startTurns({ isStateful: true });
  const profile = { ...UNKNOWN_WORKER, isClaude: true, greets: true, callsMeshTools: true };
  const resolved = modelOf('m', { profile });
  const opening = open(world, asking('hi', { tools: [TOOL, { ...TOOL, name: 'g' }], resolved }));
  await eventually(() => expect(sids(world)).toHaveLength(1));
  const tools = () => {
    const list = world.tones('hello').at(-1)?.['tools'];
    return Array.isArray(list) ? list : [];
  };
  const sid = sids(world)[0];
  world.turns.accept([
    { chi: 'session-ready', sid, tools: tools().map(({ name }) => `mcp__hum__${String(name)}`) },
  ]);
  const turn = await opening;
  world.turns.accept([finish(sid)]);
  await turn.over;
  vi.advanceTimersByTime(29 * 60_000);
  world.opener.onSweep(performance.now());
  expect([world.opener.sessions().length, tools().length]).toEqual([1, 2]);
  vi.advanceTimersByTime(2 * 60_000);
  world.opener.onSweep(performance.now());
  expect([world.opener.sessions(), world.tones('cleanup')]).toMatchObject([[], [{ sid }]]);
  vi.advanceTimersByTime(6 * 60_000);
  world.opener.onSweep(performance.now());
  // The last one stays, so that no stale list is left at a worker.
  expect(tools()).toHaveLength(1);
});

it('a session whose own id was not known is not taken for an empty one when its worker says it', async () => {
  const world = startTurns({ isStateful: true });
  const resolved = modelOf('m', { profile: { ...UNKNOWN_WORKER, greets: true } });
  const first = await open(world, asking('hi', { resolved }));
  world.turns.accept([{ chi: 'session-ready', sid: first.sid }, finish(first.sid)]);
  await first.over;
  const next = open(world, asking('x', { resolved, messages: goneOn('hi', 'two') }));
  await eventually(() => expect(sids(world)).toEqual([first.sid, first.sid]));
  world.turns.accept([{ chi: 'session-ready', sid: first.sid, nestId: 'nest' }, finish(first.sid)]);
  await (await next).over;
  expect(sids(world)).toHaveLength(2);
});

it('who asks is told how each prompt goes out, and what became of its conversation', async () => {
  const told: unknown[] = [];
  const onSent: TurnRequest['onSent'] = (_, kind, use) => told.push(use === undefined ? kind : [kind, use]);
  const whole = startTurns();
  const parked = await park(whole, asking('hi', { tools: [TOOL], onSent }));
  const brought = open(whole, bringing(parked));
  await eventually(() => expect(whole.tones('tool-result')).toHaveLength(1));
  whole.turns.accept([finish(parked.sid)]);
  await brought;
  await open(whole, bringing(parked));
  expect(told.splice(0)).toEqual(['prompt', 'route', 'replay']);
  expect(whole.opener.sessions()).toEqual([]);
  const world = startTurns({ isStateful: true });
  const first = await open(world, asking('hi', { onSent }));
  world.turns.accept([finish(first.sid)]);
  await first.over;
  await open(world, asking('x', { onSent, messages: goneOn('hi', 'two') }));
  await open(world, asking('x', { onSent, messages: goneOn('hi', 'two').slice(0, 2) }));
  await open(world, asking('x', { onSent, messages: goneOn('never said', 'two') }));
  expect(told).toEqual([
    ['prompt', { how: 'fresh', reason: 'first' }],
    ['session', { how: 'delta', reason: 'history' }],
    ['prompt', { how: 'fresh', reason: 'unknown-history' }],
    ['prompt', { how: 'fresh', reason: 'unknown-history' }],
  ]);
});

it('a session whose worker may do more than talk is gone on with only under a name, and kept only for one', async () => {
  const cases: readonly (readonly [Partial<TurnRequest>, readonly string[], boolean])[] = [
    [{}, [], false],
    [{ sessionHint: 'n' }, ['kept'], true],
    [{ nextSessionHint: 'n' }, ['kept'], false],
  ];
  for (const [fields, states, goesOn] of cases) {
    const world = startTurns({ isStateful: true });
    const rights = { workerTools: 'all' } as const;
    const first = await open(world, asking('hi', { rights, ...fields }));
    world.turns.accept([finish(first.sid)]);
    await first.over;
    expect(world.opener.sessions().map(({ state }) => state)).toEqual(states);
    const second = await open(world, asking('x', { rights, ...fields, messages: goneOn('hi', 'two') }));
    expect(second.sid === first.sid).toBe(goesOn);
  }
});

it('an idle session is resumed at a worker that ends idle processes, and gone on with at any other', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  for (const isClaude of [true, false]) {
    const world = startTurns({ isStateful: true });
    const resolved = modelOf('m', { profile: { ...UNKNOWN_WORKER, isClaude } });
    const first = await open(world, asking('hi', { resolved }));
    world.turns.accept([{ chi: 'session-ready', sid: first.sid, nestId: 'nest' }, finish(first.sid)]);
    await first.over;
    vi.advanceTimersByTime(300_000);
    const next = open(world, asking('x', { resolved, messages: goneOn('hi', 'two') }));
    await until(() => sids(world).length === 2);
    expect(world.tones('prompt').at(-1)?.['resume']).toBe(isClaude ? 'nest' : undefined);
    expect(sids(world)[1] === first.sid).toBe(!isClaude);
    world.turns.accept([finish(sids(world)[1])]);
    await next;
  }
});

it('instructions that are too long for an argument are told once: a session that goes on knows them', async () => {
  const world = startTurns({ isStateful: true });
  const resolved = modelOf('m', { profile: { ...UNKNOWN_WORKER, isClaude: true } });
  const system = 'be kind '.repeat(50_000);
  const first = await open(world, asking('hi', { resolved, system }));
  world.turns.accept([finish(first.sid)]);
  await first.over;
  await open(world, asking('x', { resolved, system, messages: goneOn('hi', 'two') }));
  const [whole, news] = world.tones('prompt').map((tone) => String(tone['content']));
  expect([whole?.includes('be kind be kind'), news]).toEqual([true, 'two']);
});

it('a worker that keeps offering tools that are not the request’s is stopped three times, and then refused', async () => {
  const world = startTurns();
  const profile = { ...UNKNOWN_WORKER, isClaude: true, greets: true, callsMeshTools: true };
  const opening = open(world, asking('hi', { tools: [TOOL], resolved: modelOf('m', { profile }) }));
  const refused = expect(opening).rejects.toMatchObject({ code: 'busy' });
  for (let start = 1; start <= 3; start++) {
    await eventually(() => expect(sids(world)).toHaveLength(start));
    world.turns.accept([{ chi: 'session-ready', sid: sids(world).at(-1), tools: ['Bash'] }]);
  }
  await refused;
  expect([sids(world).length, world.tones('cancel').map(({ sid }) => sid)]).toEqual([3, sids(world)]);
});

it('a conversation does not go on at another humd than the one that has it', async () => {
  const world = startTurns({ isStateful: true });
  const first = await open(world);
  world.turns.accept([{ chi: 'session-ready', sid: first.sid, nestId: 'nest' }, finish(first.sid)]);
  await first.over;
  world.opener.onLost();
  world.opener.onMove();
  await open(world, { ...asking('x'), messages: goneOn('hi', 'two') });
  expect(world.tones('prompt').at(-1)?.['content']).toContain('hi');
  expect(world.tones('prompt').at(-1)?.['resume']).toBeUndefined();
});

describe('a link that is lost', () => {
  it('ends every turn with one fault, and its sids are stopped at the same humd, and nowhere else', async () => {
    for (const isSame of [true, false]) {
      const world = startTurns();
      const [running, parked] = [await open(world), await park(world)];
      world.turns.loseAll(new Fault('link-lost', 'gone'));
      await running.over;
      expect(running.heard).toMatchObject([{ type: 'fault', fault: { code: 'link-lost' } }]);
      world.turns.stopLeftBehind(isSame);
      const stopped = world.tones('cancel').map(({ sid }) => sid);
      expect(stopped).toEqual(isSame ? [running.sid, parked.sid] : []);
    }
  });
});

describe('time limits', () => {
  it('end a turn whose worker gives no sign of life, and a prompt that is never heard', async () => {
    const limits = { turnTimeoutMs: 40, promptTimeoutMs: 40 };
    const world = startTurns({ limits });
    const [unheard, heard] = [await open(world), await open(world)];
    world.turns.accept([{ chi: 'pulse', sid: heard.sid }]);
    await Promise.all([unheard.over, heard.over]);
    expect([...unheard.heard, ...heard.heard]).toMatchObject([
      { fault: { code: 'prompt-lost' } },
      { fault: { code: 'timeout', afterPrompt: true } },
    ]);
    expect(world.tones('cancel')).toHaveLength(2);
  });
});
