import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import { eventually } from '../eventually.js';
import { modelOf } from '../model.js';
import { UNKNOWN_WORKER } from '../../src/core/worker-profile.js';
import { EncodedTone, type Tone } from '../../src/thrum/link/tone-codec.js';
import { BufferBudget } from '../../src/thrum/turn/buffer-budget.js';
import type { TurnFacts } from '../../src/thrum/turn/read-tones.js';
import type { Turn } from '../../src/thrum/turn/turn.js';
import { LinkTurns, type TurnsLimits } from '../../src/thrum/turn/turns.js';
import { readableLog } from '../log-lines.js';
import { asking, startTurns, TARGET, TOOL } from './open-turns.js';

const open = async (
  world: ReturnType<typeof startTurns>,
  request = asking('hi'),
  signal = new TurnAbort(),
) => {
  const { events } = await world.opener.open(request, TARGET, signal);
  const sid = String(world.tones('prompt').at(-1)?.sid);
  const rid = world.tones('prompt').at(-1)?.rid;
  return { events: events[Symbol.asyncIterator](), sid, rid, signal };
};
const text = (sid: string, delta: string) => ({ chi: 'chunk', sid, chunkType: 'text_delta', delta });
const call = (sid: string, callId: string) => ({ chi: 'tool-call', sid, callId, name: 'f', args: {} });
const faultOf = (batch: IteratorResult<readonly Event[], unknown>) =>
  batch.done ? undefined : batch.value.find((event) => event.type === 'fault')?.fault;

const fakeTime = () => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'setInterval', 'clearInterval', 'performance'],
  });
  onTestFinished(() => void vi.useRealTimers());
};

it('a prompt leaves now where no other turn runs, else with the round, and a cancel with the tick', async () => {
  const world = startTurns();
  const departures = () => world.sent.splice(0).map(({ departure }) => departure);
  const first = await open(world);
  const sids = [first.sid, (await open(world)).sid];
  expect(departures()).toEqual(['now', 'round']);
  first.signal.abort();
  expect(departures()).toEqual(['tick']);
  world.turns.accept(sids.map((sid) => ({ chi: 'finish', sid })));
  expect(departures()).toEqual(['round', 'round']);
  await open(world);
  expect(departures()).toEqual(['now']);
});

it('a tone that we stumble over ends its own turn with a fault and a cancel, and no other turn of that read', async () => {
  const world = startTurns();
  const broken = await open(world, asking('hi', { tools: [TOOL] }));
  const neighbour = await open(world);
  const args = { toJSON: () => expect.fail('our own mistake') };
  world.turns.accept([{ ...call(broken.sid, 'c'), args }, text(neighbour.sid, 'still here')]);
  expect(faultOf(await broken.events.next())).toMatchObject({ code: 'internal' });
  expect((await neighbour.events.next()).value).toEqual([{ type: 'text-delta', text: 'still here' }]);
  expect(world.tones('cancel')).toMatchObject([{ sid: broken.sid }]);
  expect(world.saying('a tone could not be read')).toHaveLength(1);
});

it('a turn that we stumble over when it is handed over costs no other turn of that read its tones', async () => {
  const world = startTurns({ limits: { maxTotalBufferBytes: 100 } });
  const broken = await open(world);
  const neighbour = await open(world);
  const next = neighbour.events.next();
  // Nobody reads of the first: it is given up, and its cancel cannot be written.
  world.sent.push = () => expect.fail('our own mistake');
  world.turns.accept([text(broken.sid, 'x'.repeat(200)), text(neighbour.sid, 'still here')]);
  world.sent.push = Array.prototype.push;
  expect((await next).value).toEqual([{ type: 'text-delta', text: 'still here' }]);
  expect(faultOf(await broken.events.next())).toMatchObject({ code: 'client-too-slow' });
  expect(world.saying('a turn could not be ended as it should')).toHaveLength(1);
});

it('a turn that we stumble over when all of them end keeps no other from its end', async () => {
  const world = startTurns();
  const turns = [await open(world), await open(world), await open(world)];
  world.sent.push = () => expect.fail('our own mistake');
  world.turns.cancelAll(new Fault('shutting-down', 'the bridge is leaving'));
  world.sent.push = Array.prototype.push;
  for (const { events } of turns)
    expect(faultOf(await events.next())).toMatchObject({ code: 'shutting-down' });
  expect(world.turns.running).toBe(0);
});

it('a turn whose cleanup cannot be written still gives its room back', async () => {
  const world = startTurns({ limits: { turnsPerWorker: { claude: 1 } } });
  const { sid } = await open(world);
  world.sent.push = () => expect.fail('our own mistake');
  world.turns.accept([text(sid, 'x'), { chi: 'finish', sid }]);
  world.sent.push = Array.prototype.push;
  expect([world.turns.size, world.opener.takenRooms]).toEqual([0, 0]);
  expect((await open(world)).sid).not.toBe(sid);
});

it('of the turns that a broken link has left behind, one that cannot be cancelled keeps no other from it', async () => {
  const world = startTurns();
  const sids = [(await open(world)).sid, (await open(world)).sid, (await open(world)).sid];
  world.turns.loseAll(new Fault('link-lost', 'gone'));
  world.sent.push = () => {
    world.sent.push = Array.prototype.push;
    return expect.fail('our own mistake');
  };
  world.turns.stopLeftBehind(true);
  expect(world.tones('cancel').map(({ sid }) => sid)).toEqual(sids.slice(1));
});

it('a prompt that cannot be written is refused where it is sent, and leaves nothing behind', async () => {
  const world = startTurns({ limits: { turnsPerWorker: { claude: 1 } } });
  const sampling = { toolChoice: { toJSON: () => expect.fail('cannot be written') } };
  world.sent.push = () => expect.fail('the link cannot take it');
  const opening = async () => world.opener.open(asking('hi', { sampling }), TARGET, new TurnAbort());
  await expect(opening()).rejects.toThrow();
  expect([world.turns.size, world.turns.running]).toEqual([0, 0]);
  world.sent.push = Array.prototype.push;
  // The room at the worker is free again.
  expect((await open(world)).sid).not.toBe('undefined');
});

describe('an echo', () => {
  it.each([
    ['the first one', [false]],
    ['the second one', [true, false]],
  ])('with ok:false ends the turn at once: %s', async (_, echoes) => {
    const world = startTurns();
    const { events, rid } = await open(world);
    for (const ok of echoes) world.turns.accept([{ chi: 'echo', rid, ok, error: 'past dusk' }]);
    expect(faultOf(await events.next())).toMatchObject({
      code: 'prompt-lost',
      message: 'humd refused the prompt: past dusk',
    });
    expect([world.turns.size, world.tones('cancel')]).toEqual([0, []]);
  });

  it('with ok:false behind a word of the worker changes nothing', async () => {
    const world = startTurns();
    const { events, rid, sid } = await open(world);
    world.turns.accept([{ chi: 'echo', rid, ok: true }, text(sid, 'a'), { chi: 'echo', rid, ok: false }]);
    expect((await events.next()).value).toEqual([{ type: 'text-delta', text: 'a' }]);
    expect(world.turns.running).toBe(1);
  });
});

describe('the window for further calls', () => {
  it.each([
    ['pulse', (sid: string) => ({ chi: 'pulse', sid })],
    ['log', (sid: string) => ({ chi: 'log', sid })],
    ['reasoning', (sid: string) => ({ chi: 'chunk', sid, chunkType: 'reasoning_delta', delta: 'hm' })],
  ])('is not moved by %s', async (_, toTone) => {
    fakeTime();
    const world = startTurns();
    const { sid } = await open(world, asking('hi', { tools: [TOOL] }));
    world.turns.accept([call(sid, 'c')]);
    for (let ms = 0; ms < 60; ms += 20) {
      await vi.advanceTimersByTimeAsync(20);
      world.turns.accept([toTone(sid)]);
    }
    expect(world.opener.parkedTurns).toBe(1);
  });

  it.each([
    ['text without end', (sid: string) => text(sid, 'more')],
    ['further calls without end', (sid: string) => call(sid, 'again')],
  ])('ends after two seconds, whatever comes: %s', async (_, toTone) => {
    fakeTime();
    const world = startTurns();
    const { sid } = await open(world, asking('hi', { tools: [TOOL] }));
    world.turns.accept([call(sid, 'c')]);
    for (let ms = 0; ms < 1_980; ms += 20) {
      await vi.advanceTimersByTimeAsync(20);
      world.turns.accept([toTone(sid)]);
    }
    expect(world.opener.parkedTurns).toBe(0);
    await vi.advanceTimersByTimeAsync(60);
    expect(world.opener.parkedTurns).toBe(1);
  });

  it('ends after two seconds where the input of a further call never ends', async () => {
    fakeTime();
    const world = startTurns();
    const { sid } = await open(world, asking('hi', { tools: [TOOL] }));
    const start = {
      chi: 'chunk',
      sid,
      chunkType: 'tool_input_start',
      toolCallId: 'd',
      toolName: 'f',
      blockIdx: 2,
    };
    world.turns.accept([call(sid, 'c'), start]);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(world.opener.parkedTurns).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(world.opener.parkedTurns).toBe(1);
  });
});

describe('a worker that greets', () => {
  const profile = { ...UNKNOWN_WORKER, greets: true };
  const greeting = asking('hi', { resolved: modelOf('m', { profile }) });
  const ready = (sid: string) => ({ chi: 'session-ready', sid, nestId: 'n' });

  it('and whose client left before is told to stop once more when it does, and only then', async () => {
    const world = startTurns();
    const { sid, signal } = await open(world, greeting);
    signal.abort();
    expect(world.tones('cancel')).toHaveLength(1);
    world.turns.accept([ready(sid), text(sid, 'a'), text(sid, 'b')]);
    expect(world.tones('cancel').map((tone) => tone.sid)).toEqual([sid, sid]);
    const up = await open(world, greeting);
    world.turns.accept([ready(up.sid)]);
    up.signal.abort();
    world.turns.accept([text(up.sid, 'a')]);
    expect(world.tones('cancel')).toHaveLength(3);
  });

  it('has its place given on soon after it was told once more', async () => {
    fakeTime();
    const world = startTurns({ kind: 'claude-cli', limits: { turnsPerWorker: { 'claude-cli': 1 } } });
    const { sid, signal } = await open(world, greeting);
    signal.abort();
    const next = open(world);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.opener.waitingTurns).toBe(1);
    world.turns.accept([ready(sid)]);
    await vi.advanceTimersByTimeAsync(300);
    expect(world.opener.waitingTurns).toBe(0);
    await next;
  });

  it('may go on for minutes after it was told to stop, another one for seconds', async () => {
    fakeTime();
    const world = startTurns();
    const turns = [await open(world, greeting), await open(world)];
    for (const { signal } of turns) signal.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([world.turns.size, world.tones('cleanup').map(({ sid }) => sid)]).toEqual([1, [turns[1]?.sid]]);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(world.turns.size).toBe(0);
  });

  it('has its own time to begin, in which signs of life of its turn are none of its process', async () => {
    fakeTime();
    const world = startTurns({ limits: { startTimeoutMs: 2_000, promptTimeoutMs: 60_000 } });
    const [silent, up, other] = [await open(world, greeting), await open(world, greeting), await open(world)];
    world.turns.accept([ready(up.sid)]);
    for (const { rid } of [silent, other]) world.turns.accept([{ chi: 'echo', rid, ok: true }]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(faultOf(await silent.events.next())?.message).toContain(
      'has not started its model process within 2 s',
    );
    expect([world.turns.running, world.tones('cancel').map(({ sid }) => sid)]).toEqual([2, [silent.sid]]);
  });
});

it('a worker that was told to stop gets an error for every further call', async () => {
  const world = startTurns();
  const { sid, signal } = await open(world, asking('hi', { tools: [TOOL] }));
  signal.abort();
  world.turns.accept([call(sid, 'late')]);
  expect(world.tones('tool-result')).toMatchObject([{ sid, callId: 'late', toolName: 'f', isError: true }]);
});

it('what waits for a client that leaves counts no more', async () => {
  const world = startTurns();
  const { sid, signal } = await open(world);
  world.turns.accept([text(sid, 'nobody reads this')]);
  expect(world.budget.bytes).toBeGreaterThan(0);
  signal.abort();
  expect(world.budget.bytes).toBe(0);
});

it('an answer that has to go because all together are too much has its worker told to stop at once', async () => {
  const world = startTurns({ limits: { maxTotalBufferBytes: 20 } });
  const most = await open(world);
  const least = await open(world);
  world.turns.accept([text(most.sid, 'fifteen letters')]);
  world.turns.accept([text(least.sid, 'six or so')]);
  expect(world.tones('cancel')).toMatchObject([{ sid: most.sid }]);
  expect(faultOf(await most.events.next())).toMatchObject({ code: 'client-too-slow' });
  expect((await least.events.next()).value).toEqual([{ type: 'text-delta', text: 'six or so' }]);
});

describe('what a parked worker says meanwhile', () => {
  const parkedWorld = async () => {
    const world = startTurns();
    const turn = await open(world, asking('hi', { tools: [TOOL] }));
    world.turns.accept([call(turn.sid, 'c')]);
    await eventually(() => expect(world.opener.parkedTurns).toBe(1));
    while (!(await turn.events.next()).done);
    world.turns.accept([text(turn.sid, 'words')]);
    return { world, ...turn };
  };

  it('is no sign of a lost client: its turn stays parked, until the client leaves before it has its calls', async () => {
    const { world, sid, signal } = await parkedWorld();
    expect([world.opener.parkedTurns, world.tones('cancel')]).toEqual([1, []]);
    signal.abort();
    expect([world.opener.parkedTurns, world.tones('cancel')]).toMatchObject([0, [{ sid }]]);
    expect(world.budget.bytes).toBe(0);
  });

  it.each<[string, (world: ReturnType<typeof startTurns>, sid: string) => unknown]>([
    ['the worker ends by itself', ({ turns }, sid) => turns.accept([{ chi: 'finish', sid }])],
    ['the link is lost', ({ turns }) => turns.loseAll(new Fault('link-lost', 'gone'))],
    ['the worker leaves the mesh', ({ turns }) => turns.failOrphans(() => false)],
  ])('is forgotten when %s', async (_, end) => {
    const { world, sid } = await parkedWorld();
    expect(world.budget.bytes).toBeGreaterThan(0);
    end(world, sid);
    expect([world.opener.parkedTurns, world.budget.bytes]).toEqual([0, 0]);
  });
});

describe('calls that are too large to park', () => {
  it('cost the worker its turn, whose room is free for the next one', async () => {
    const world = startTurns({ limits: { maxParkedBytes: 10, turnsPerWorker: { claude: 1 } } });
    const { sid } = await open(world, asking('hi', { tools: [TOOL] }));
    world.turns.accept([{ ...call(sid, 'c'), args: { long: 'x'.repeat(20) } }]);
    await eventually(() => expect(world.tones('cancel')).toMatchObject([{ sid }]));
    expect(world.opener.parkedTurns).toBe(0);
    const next = open(world);
    world.turns.accept([{ chi: 'finish', sid, finishReason: 'error' }]);
    expect((await next).sid).not.toBe(sid);
  });

  it('of a turn that would fit give up the oldest ones, never itself', async () => {
    const world = startTurns({ limits: { maxParkedBytes: 30 } });
    const sids: string[] = [];
    for (const n of [1, 2]) {
      const { sid } = await open(world, asking(`hi ${n}`, { tools: [TOOL] }));
      sids.push(sid);
      world.turns.accept([{ ...call(sid, 'c'), args: { x: 'x'.repeat(10) } }]);
      await eventually(() => expect(world.opener.parkedTurns).toBe(1));
      if (n === 1) continue;
      await eventually(() => expect(world.tones('cancel').map((tone) => tone.sid)).toEqual([sids[0]]));
    }
  });
});

/** Turns by themselves, of which the test is all that stands around them. */
function startLinkTurns(limits: Partial<TurnsLimits> = {}) {
  fakeTime();
  const sent: Tone[] = [];
  const asked: string[] = [];
  const state = { hasUnsent: false };
  let rids = 0;
  const turns = new LinkTurns({
    limits: {
      turnTimeoutMs: 10_000,
      promptTimeoutMs: 4_000,
      startTimeoutMs: 8_000,
      gatherWindowMs: 50,
      maxBufferBytes: 1_000,
      maxAnswerBytes: 1_000,
      ...limits,
    },
    budget: new BufferBudget({ maxTotalBufferBytes: 1_000 }),
    createRid: () => `own-${rids++}`,
    send: (tone) => {
      if (tone instanceof EncodedTone) throw new TypeError('only small tones are sent here');
      sent.push({ ...tone, chi: String(tone['chi']) });
    },
    acceptToolResult: (tone) => tone['callId'] === 'ours',
    onResultLost: () => undefined,
    onRefusal: (tone) => void asked.push(`refused ${String(tone.rid)}`),
    refuseForeignCall: (tone) => tone['toolName'] === 'foreign',
    refuseLateCall: () => void asked.push('late call'),
    park: (turn) => {
      asked.push(`park ${turn.sid}`);
      return performance.now() + 60_000;
    },
    onEffect: () => undefined,
    hasUnsent: () => state.hasUnsent,
    onPromptLost: () => void asked.push('prompt lost'),
    log: readableLog().log,
    onSweep: () => void asked.push('sweep'),
  });
  const prompt = (sid: string, worker?: string, facts: Partial<TurnFacts> = {}) => {
    const signal = new TurnAbort();
    const turn = turns.create(sid, signal);
    turns.prompt(turn, `rid-${sid}`, { chi: 'prompt', sid }, { ...FACTS, ...facts }, worker, signal);
    return { turn, signal };
  };
  onTestFinished(() => turns.loseAll(new Fault('link-lost', 'the test is over')));
  const take = (chi: string) =>
    sent
      .splice(0)
      .filter((tone) => tone.chi === chi)
      .map(({ sid }) => sid);
  const faults = async (turn: Turn) => {
    turn.events.close();
    return ((await turn.events.next()).value ?? []).flatMap((event) =>
      event.type === 'fault' ? [event.fault.code] : [],
    );
  };
  return { turns, prompt, take, sent, asked, state, faults };
}

const FACTS: TurnFacts = {
  model: 'm',
  toolNames: new Set(['f']),
  promptCharacters: () => 1,
  showWorkerTools: false,
  keepsAnswer: false,
};

describe('tones that belong to no turn', () => {
  it('are counted, but for signs of life of humd and results of our own calls; so are kinds that nobody knows', () => {
    const { turns, prompt } = startLinkTurns();
    prompt('a');
    turns.accept([
      text('elsewhere', 'x'),
      { chi: 'breath', sid: 'elsewhere' },
      { chi: 'tool-result', callId: 'ours' },
      { chi: 'tool-result', callId: 'theirs' },
      { chi: 'error', callId: 'ours' },
      { chi: 'tool-call', sid: 'elsewhere', toolName: 'foreign' },
      { chi: 'unheard-of', sid: 'a' },
      text('a', 'x'),
    ]);
    expect(turns.ignored).toEqual({ foreignSid: 3, unknownChi: 1 });
  });

  it('are no calls that have to be refused, whatever tool they name', async () => {
    const { turns, prompt } = startLinkTurns();
    const { turn } = prompt('a');
    turns.accept([{ ...text('a', 'x'), toolName: 'foreign' }]);
    expect((await turn.events.next()).value).toEqual([{ type: 'text-delta', text: 'x' }]);
  });
});

describe('what humd echoes', () => {
  it('is known by its rid until it can come no more; another refusal is none of a turn', () => {
    const { turns, prompt, asked } = startLinkTurns();
    const { turn } = prompt('a');
    turns.accept([
      { chi: 'echo', ok: false },
      { chi: 'echo', rid: 7, ok: false },
      { chi: 'echo', rid: 'other', ok: false },
      { chi: 'echo', rid: 'other', ok: true },
    ]);
    expect(asked).toEqual(['refused undefined', 'refused 7', 'refused other']);
    for (const ok of [true, true, false]) turns.accept([{ chi: 'echo', rid: 'rid-a', ok }]);
    expect([turn.state.at, asked.at(-1)]).toEqual(['streaming', 'refused rid-a']);
  });

  it('says why, if humd does', async () => {
    for (const [error, message] of [
      ['no', 'humd refused the prompt: no'],
      ['', 'humd refused the prompt'],
      [7, 'humd refused the prompt'],
      [undefined, 'humd refused the prompt'],
    ] as const) {
      const { turns, prompt } = startLinkTurns();
      const { turn } = prompt('a');
      turns.accept([{ chi: 'echo', rid: 'rid-a', ok: false, error }]);
      const batch = await turn.events.next();
      expect(faultOf(batch)?.message).toBe(message);
    }
  });

  it('is waited for as long as results have not been taken', async () => {
    const { turns, prompt, take } = startLinkTurns();
    const { turn } = prompt('a');
    turns.accept([call('a', '1')]);
    await vi.advanceTimersByTimeAsync(60);
    const taken = turns.sendResults(
      turn,
      [{ rid: 'r', tone: { chi: 'tool-result', sid: 'a' } }],
      FACTS,
      60_000,
    );
    expect(take('tool-result')).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(2_100);
    turns.accept([{ chi: 'echo', rid: 'r', ok: false }]);
    expect([await taken, turn.state.at]).toEqual([false, 'settling']);
  });

  it('is a sign of life', async () => {
    const { turns, prompt, asked } = startLinkTurns();
    const { turn } = prompt('a');
    await vi.advanceTimersByTimeAsync(3_900);
    turns.accept([{ chi: 'echo', rid: 'rid-a', ok: true }]);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(turn.state.at).toBe('streaming');
    await vi.advanceTimersByTimeAsync(2_100);
    expect([turn.state.at, asked.includes('prompt lost')]).toEqual(['settling', false]);
  });

  it('is forgotten once it says nothing more of a turn that goes on', async () => {
    const { turns, prompt, asked } = startLinkTurns();
    const { turn } = prompt('a');
    turns.accept([{ chi: 'echo', rid: 'rid-a', ok: true }]);
    await vi.advanceTimersByTimeAsync(1_100);
    turns.accept([{ chi: 'echo', rid: 'rid-a', ok: false }]);
    expect([turn.state.at, asked.at(-1)]).toEqual(['streaming', 'refused rid-a']);
  });
});

describe('the workers of turns', () => {
  it('that are gone end them: with a fault where a client waits; others go on, and those of whom nothing is known', async () => {
    const { turns, prompt, faults, take } = startLinkTurns();
    const [gone, there, unknown] = [prompt('gone', 'w1'), prompt('there', 'w2'), prompt('unknown')];
    turns.failOrphans((worker) => worker === 'w2');
    expect(await faults(gone.turn)).toEqual(['worker-error']);
    expect([there.turn.state.at, unknown.turn.state.at]).toEqual(['prompting', 'prompting']);
    expect([take('cancel'), turns.cancels, turns.running, turns.countOf('settling')]).toEqual([
      ['gone'],
      1,
      2,
      1,
    ]);
  });

  it('are told to stop what was open when the link broke, once, if humd is the same', () => {
    for (const isSame of [true, false]) {
      const { turns, prompt, sent } = startLinkTurns();
      prompt('a');
      turns.loseAll(new Fault('link-lost', 'gone'));
      sent.length = 0;
      turns.stopLeftBehind(isSame);
      expect(sent.map(({ chi, sid }) => [chi, sid])).toEqual(
        isSame
          ? [
              ['cancel', 'a'],
              ['cleanup', 'a'],
            ]
          : [],
      );
      sent.length = 0;
      turns.stopLeftBehind(true);
      expect(sent).toEqual([]);
    }
  });

  it('that keep a process for a turn that is over are told to end it', () => {
    const { turns, prompt, take } = startLinkTurns();
    prompt('keeps', undefined, { isClaude: true });
    prompt('other');
    turns.accept(['keeps', 'other'].map((sid) => ({ chi: 'finish', sid, finishReason: 'stop' })));
    expect([take('cancel'), turns.cancels]).toEqual([['keeps'], 0]);
  });

  it('are told to stop all when the bridge leaves', async () => {
    const { turns, prompt, take, faults } = startLinkTurns();
    const { turn } = prompt('a');
    turns.cancelAll(new Fault('shutting-down', 'bye'));
    expect([take('cancel'), await faults(turn)]).toEqual([['a'], ['shutting-down']]);
  });
});

describe('the sweep', () => {
  it('ends a prompt that is not heard in time, whose time begins when it has left', async () => {
    const { prompt, asked, state, faults } = startLinkTurns();
    state.hasUnsent = true;
    const { turn } = prompt('a');
    await vi.advanceTimersByTimeAsync(6_005);
    expect(turn.state.at).toBe('prompting');
    state.hasUnsent = false;
    await vi.advanceTimersByTimeAsync(3_800);
    expect([turn.state.at, asked.includes('prompt lost')]).toEqual(['prompting', false]);
    await vi.advanceTimersByTimeAsync(1_400);
    expect([await faults(turn), asked.includes('prompt lost')]).toEqual([['prompt-lost'], true]);
  });

  it('ends one that never leaves after the time of a turn', async () => {
    const { prompt, state, faults } = startLinkTurns();
    state.hasUnsent = true;
    const { turn } = prompt('a');
    await vi.advanceTimersByTimeAsync(9_900);
    expect(turn.state.at).toBe('prompting');
    await vi.advanceTimersByTimeAsync(1_200);
    expect(await faults(turn)).toEqual(['timeout']);
  });

  it('ends a worker that does not greet in time, and one that is silent for too long, but no turn that waits for none', async () => {
    const { turns, prompt, faults } = startLinkTurns();
    const [late, silent, parked] = [
      prompt('late', 'w', { greets: true }),
      prompt('silent'),
      prompt('parked'),
    ];
    turns.accept(['late', 'silent', 'parked'].map((sid) => ({ chi: 'echo', rid: `rid-${sid}`, ok: true })));
    turns.accept([call('parked', 'c')]);
    await vi.advanceTimersByTimeAsync(7_900);
    expect(late.turn.state.at).toBe('streaming');
    await vi.advanceTimersByTimeAsync(1_200);
    expect(await faults(late.turn)).toEqual(['worker-error']);
    expect(silent.turn.state.at).toBe('streaming');
    await vi.advanceTimersByTimeAsync(2_100);
    expect(await faults(silent.turn)).toEqual(['timeout']);
    expect(parked.turn.state.at).toBe('parked');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(parked.turn.state.at).not.toBe('parked');
  });

  it('runs once a second while there are turns, more often where less time is given, and not without any', async () => {
    for (const [limits, interval] of [
      [{}, 1_000],
      [{ startTimeoutMs: 400 }, 100],
    ] as const) {
      const { turns, prompt, asked } = startLinkTurns(limits);
      for (const sid of ['a', 'b']) prompt(sid);
      await vi.advanceTimersByTimeAsync(3 * interval + 5);
      expect(asked.filter((what) => what === 'sweep')).toHaveLength(3);
      turns.accept([
        { chi: 'finish', sid: 'a' },
        { chi: 'finish', sid: 'b' },
      ]);
      await vi.advanceTimersByTimeAsync(5 * interval);
      expect(asked.filter((what) => what === 'sweep')).toHaveLength(4);
      expect(vi.getTimerCount()).toBe(0);
      prompt('c');
      await vi.advanceTimersByTimeAsync(interval + 5);
      expect(asked.filter((what) => what === 'sweep')).toHaveLength(5);
      vi.useRealTimers();
    }
  });
});

describe('calls that are gathered', () => {
  it('are looked at by one timer, each turn at its own time, and by none when all are closed', async () => {
    const { turns, prompt } = startLinkTurns();
    const [one, other, left] = [prompt('a'), prompt('b'), prompt('c')];
    const before = vi.getTimerCount();
    turns.accept([call('a', '1'), call('c', '1')]);
    await vi.advanceTimersByTimeAsync(30);
    turns.accept([call('b', '1')]);
    expect(vi.getTimerCount()).toBe(before + 1);
    left.signal.abort();
    await vi.advanceTimersByTimeAsync(25);
    expect([one.turn.state.at, other.turn.state.at]).toEqual(['parked', 'streaming']);
    await vi.advanceTimersByTimeAsync(30);
    expect([other.turn.state.at, left.turn.state.at, vi.getTimerCount()]).toEqual([
      'parked',
      'settling',
      before,
    ]);
  });

  it('are not closed where the worker has ended the turn meanwhile', async () => {
    const { turns, prompt, asked } = startLinkTurns();
    prompt('a');
    turns.accept([call('a', '1')]);
    turns.accept([{ chi: 'finish', sid: 'a', finishReason: 'tool_use' }]);
    await vi.advanceTimersByTimeAsync(60);
    expect(asked.filter((what) => what.startsWith('park'))).toEqual([]);
  });

  it('cost their own turn where they cannot be closed', async () => {
    const { turns, prompt } = startLinkTurns({ gatherWindowMs: 50 });
    const [broken, other] = [prompt('a'), prompt('b')];
    broken.turn.closeOnCalls = () => expect.fail('our own mistake');
    turns.accept([call('a', '1'), call('b', '1')]);
    await vi.advanceTimersByTimeAsync(60);
    expect([broken.turn.state.at, other.turn.state.at]).toEqual(['settling', 'parked']);
  });
});
