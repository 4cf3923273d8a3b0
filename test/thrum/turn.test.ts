/** One turn by itself: what each tone and each call does to it, and what its client hears. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Conversation } from '../../src/thrum/sessions/conversation.js';
import { BufferBudget } from '../../src/thrum/turn/buffer-budget.js';
import type { TurnFacts } from '../../src/thrum/turn/read-tones.js';
import { Turn } from '../../src/thrum/turn/turn.js';
import type { TurnQueue } from '../../src/thrum/turn/turn-queue.js';

const SID = 's';
const FACTS: TurnFacts = {
  model: 'm',
  toolNames: new Set(['f']),
  promptCharacters: () => 1,
  showWorkerTools: false,
  keepsAnswer: true,
};
const CONVERSATION: Conversation = {
  id: 'c',
  keyId: undefined,
  model: 'm',
  name: undefined,
  startedAt: 0,
  turns: 0,
  isDeleted: false,
};

const say = (text: string) => ({ chi: 'chunk', sid: SID, chunkType: 'text_delta', delta: text });
const call = { chi: 'tool-call', sid: SID, callId: 'call_0', name: 'f', args: {} };
const finish = { chi: 'finish', sid: SID, finishReason: 'stop' };
const failed = { chi: 'error', sid: SID, message: 'no' };

interface Options {
  readonly maxBufferBytes?: number;
  readonly maxAnswerBytes?: number;
  readonly budget?: BufferBudget;
}

/** A turn that waits for room, and what it asked for. */
function createTurn({ maxBufferBytes = 1_000, maxAnswerBytes = 1_000, budget }: Options = {}) {
  const effects: string[] = [];
  const lateCalls: unknown[] = [];
  const signal = new TurnAbort();
  const turn = new Turn(
    {
      sid: SID,
      maxBufferBytes,
      maxAnswerBytes,
      budget,
      carryOut: (_, effect) => effects.push(effect),
      onLateCall: (tone) => lateCalls.push(tone),
    },
    signal,
  );
  onTestFinished(() => turn.lose(new Fault('link-lost', 'the test is over')));
  return { turn, signal, effects, lateCalls };
}

/** One whose prompt was sent at 0 ms. */
function startTurn(facts: Partial<TurnFacts> = {}, options: Options = {}) {
  const started = createTurn(options);
  started.turn.prompt({ ...FACTS, ...facts }, undefined, started.signal, 0);
  return started;
}

/** One whose worker waits for the result of a call that its client has. */
function parkTurn(facts: Partial<TurnFacts> = {}, options: Options = {}) {
  const parked = startTurn(facts, options);
  parked.turn.accept(call, 0);
  const { events } = parked.turn;
  parked.turn.closeOnCalls(() => 300_000, 0);
  parked.effects.length = 0;
  return { ...parked, events };
}

/** One whose results have been sent at `now`, in ms. */
function routeTurn(now = 0, facts: Partial<TurnFacts> = {}) {
  const routed = parkTurn(facts);
  const signal = new TurnAbort();
  routed.turn.follow(signal);
  const taken = routed.turn.sendResults({ ...FACTS, ...facts }, 60_000, now);
  routed.effects.length = 0;
  return { ...routed, events: routed.turn.events, signal, taken };
}

/** One whose answer has ended, so that another request may go on with it. */
function keepTurn(facts: Partial<TurnFacts> = {}) {
  const kept = startTurn(facts);
  kept.turn.conversation = CONVERSATION;
  kept.turn.accept({ chi: 'session-ready', sid: SID, nestId: 'nest' }, 0);
  kept.turn.accept(say('first'), 0);
  kept.turn.accept(finish, 0);
  return kept;
}

/** What waits for the client, without waiting for more. */
async function heard(events: TurnQueue): Promise<readonly Event[]> {
  events.close();
  return (await events.next()).value ?? [];
}

describe('a client that leaves', () => {
  it('before there is room has nothing sent, and afterwards its worker told to stop', () => {
    const waiting = createTurn();
    waiting.signal.abort();
    expect([waiting.turn.state.at, waiting.effects]).toEqual([
      'over',
      ['free-room', 'drop-session', 'forget'],
    ]);
    for (const { turn, signal, effects } of [startTurn(), parkTurn(), routeTurn()]) {
      signal.abort();
      expect([turn.state.at, effects.includes('send-cancel')]).toEqual(['settling', true]);
    }
  });

  it('is the one that brings results, no longer the one before', () => {
    const { turn, signal } = parkTurn();
    const next = new TurnAbort();
    turn.follow(next);
    signal.abort();
    expect(turn.state.at).toBe('parked');
    next.abort();
    expect(turn.state.at).toBe('settling');
  });

  it('is the one whose prompt goes on with a session, no longer the one before', () => {
    const { turn, signal } = keepTurn();
    const next = new TurnAbort();
    turn.prompt(FACTS, undefined, next, 0);
    signal.abort();
    expect(turn.state.at).toBe('prompting');
    next.abort();
    expect(turn.state.at).toBe('settling');
  });

  it('by no longer reading has its worker told to stop, and nothing more is kept for it', async () => {
    const { turn } = startTurn();
    turn.accept(say('a'), 0);
    await turn.events.return();
    expect([turn.state.at, turn.events.waitingBytes]).toEqual(['settling', 0]);
  });

  it('when its session is only kept costs no session, and goes on being the one if it asks again', () => {
    const { turn, signal } = keepTurn();
    signal.abort();
    expect(turn.state.at).toBe('kept');
    const again = keepTurn();
    again.turn.prompt(FACTS, undefined, again.signal, 0);
    again.signal.abort();
    expect(again.turn.state.at).toBe('settling');
  });

  it('when all is over changes nothing', () => {
    const { turn, signal, effects } = startTurn();
    turn.accept(finish, 0);
    effects.length = 0;
    signal.abort();
    expect([turn.state.at, effects]).toEqual(['over', []]);
  });
});

describe('a prompt', () => {
  it('takes note of the time, and of whether all of its answer is kept', () => {
    for (const isHeld of [true, false]) {
      const { turn, signal } = createTurn();
      const { events } = turn;
      turn.prompt({ ...FACTS, isHeld }, 'w', signal, 7);
      expect(turn).toMatchObject({ worker: 'w', lastToneAt: 7, unsentAt: 7, promptedAt: 7 });
      expect([turn.sid, turn.state.at, turn.events.isHeld]).toEqual([SID, 'prompting', isHeld]);
      expect(turn.events).toBe(events);
    }
  });

  it('that goes on with a session begins an answer of its own, and knows no session before its worker says it', async () => {
    const { turn, signal } = keepTurn();
    const before = turn.events;
    turn.opened = {
      request: { model: 'm', messages: [], tools: [], sampling: {} },
      origin: { keyId: undefined, modelId: 'm', system: undefined },
      profile: undefined,
      life: 0,
    };
    turn.forgetText();
    expect([turn.answer, turn.nestId, turn.opened]).toEqual(['', 'nest', undefined]);
    turn.prompt(FACTS, undefined, signal, 0);
    expect(turn.nestId).toBeUndefined();
    turn.accept(say('second'), 0);
    expect(turn.answer).toBe('second');
    expect(await heard(before)).toMatchObject([{ type: 'ready' }, { text: 'first' }, { type: 'finish' }]);
    expect(await heard(turn.events)).toMatchObject([{ text: 'second' }]);
  });

  it('that humd has heard, or refused, or its worker answered, is prompting no more', async () => {
    const heardTurn = startTurn();
    heardTurn.turn.hear(5);
    expect([heardTurn.turn.state.at, heardTurn.turn.lastToneAt]).toEqual(['streaming', 5]);
    const answered = startTurn();
    answered.turn.accept({ chi: 'pulse', sid: SID }, 6);
    expect([answered.turn.state.at, answered.turn.lastToneAt]).toEqual(['streaming', 6]);
    const refused = startTurn();
    const next = refused.turn.events.next();
    refused.turn.refuse(new Fault('not-offered', 'no'), 0);
    expect([refused.turn.state.at, refused.effects]).toEqual([
      'over',
      ['free-room', 'drop-session', 'forget'],
    ]);
    expect((await next).value).toMatchObject([{ type: 'fault', fault: { code: 'not-offered' } }]);
  });

  it('cannot be refused once its worker has spoken, nor where there is none', () => {
    const spoken = startTurn();
    spoken.turn.accept({ chi: 'pulse', sid: SID }, 0);
    const over = startTurn();
    over.turn.accept(finish, 0);
    for (const { turn } of [createTurn(), spoken, over, parkTurn()]) {
      const { state } = turn;
      turn.refuse(new Fault('not-offered', 'no'), 0);
      expect([turn.state, turn.events.ended]).toEqual([state, state.at === 'over']);
    }
  });
});

describe('a tone', () => {
  it('changes nothing where no prompt is out, and is known', async () => {
    for (const { turn } of [
      createTurn(),
      keepTurn(),
      (() => {
        const over = startTurn();
        over.turn.accept(finish, 0);
        return over;
      })(),
    ]) {
      const { state, lastToneAt, events } = turn;
      const before = turn.answer;
      for (const tone of [say('late'), call, { chi: 'unheard-of', sid: SID }, finish, failed])
        expect(turn.accept(tone, 9)).toBe(true);
      expect([turn.state, turn.lastToneAt, turn.answer]).toEqual([state, lastToneAt, before]);
      expect((await heard(events)).filter((event) => event.type === 'tool-call')).toEqual([]);
    }
  });

  it('of a kind that nobody knows is said to be so', () => {
    const { turn } = startTurn();
    expect([turn.accept({ chi: 'unheard-of', sid: SID }, 0), turn.accept(say('a'), 0)]).toEqual([
      false,
      true,
    ]);
  });

  it('of a worker that was told to stop only ends it, or is a late call', () => {
    for (const end of [finish, failed]) {
      const { turn, signal, lateCalls, effects } = startTurn();
      signal.abort();
      for (const tone of [say('late'), { chi: 'pulse', sid: SID }, call]) turn.accept(tone, 1);
      expect([turn.state.at, lateCalls]).toEqual(['settling', [call]]);
      let stops = 0;
      turn.onStopped = () => void stops++;
      effects.length = 0;
      turn.accept(end, 1);
      expect([turn.state.at, stops, effects]).toEqual([
        'over',
        1,
        ['send-cleanup', 'free-room', 'drop-session', 'forget'],
      ]);
    }
  });

  it('that is more than the client may have waiting ends the turn for it and for the worker', async () => {
    const { turn } = startTurn({}, { maxBufferBytes: 10 });
    for (const text of ['12345678', '12345678']) turn.accept(say(text), 0);
    expect(turn.state.at).toBe('settling');
    expect(await heard(turn.events)).toMatchObject([
      { text: '12345678' },
      { fault: { code: 'client-too-slow' } },
    ]);
  });

  it('that ends the answer keeps the session only after an answer that ended by itself, of a conversation', () => {
    expect(keepTurn().turn.state.at).toBe('kept');
    const ends: readonly (readonly [object, boolean])[] = [
      [finish, false],
      [failed, true],
      [{ ...finish, finishReason: 'length' }, true],
    ];
    for (const [end, isConversation] of ends) {
      const { turn } = startTurn();
      if (isConversation) turn.conversation = CONVERSATION;
      turn.accept({ chi: 'finish', sid: SID, ...end }, 0);
      expect(turn.state.at).toBe('over');
    }
  });
});

describe('the first word of a worker that greets', () => {
  const greets = { greets: true, isClaude: true };

  it('says which tools its process has; any other tone, and an end, says nothing of them', async () => {
    const tones: readonly (readonly [object, unknown])[] = [
      [{ chi: 'session-ready', tools: ['a', 1, 'b'] }, ['a', 'b']],
      [{ chi: 'session-ready', tools: 'a' }, undefined],
      [{ chi: 'pulse', tools: ['a'] }, undefined],
      [finish, undefined],
    ];
    for (const [tone, tools] of tones) {
      const { turn } = startTurn(greets);
      expect([turn.isStarting, turn.keepsProcess]).toEqual([true, true]);
      const started = turn.whenStarted();
      turn.accept({ chi: '', ...tone, sid: SID }, 0);
      expect([await started, turn.isStarting]).toEqual([tools, false]);
    }
    const { turn, signal } = startTurn(greets);
    const started = turn.whenStarted();
    signal.abort();
    expect(await started).toBeUndefined();
    expect(await startTurn().turn.whenStarted()).toBeUndefined();
  });

  it('has the cancel that it may not have heard repeated, and its end waited for longer', () => {
    const { turn, signal, effects } = startTurn(greets);
    signal.abort();
    const { state } = turn;
    expect(state.at === 'settling' && state.until - performance.now() > 200_000).toBe(true);
    effects.length = 0;
    turn.accept({ chi: 'session-ready', sid: SID }, 0);
    expect(effects).toEqual(['send-cancel', 'room-leaving']);
    effects.length = 0;
    turn.accept(say('a'), 0);
    expect(effects).toEqual([]);
  });

  it('is waited for anew with each prompt, and not where the worker does not greet', () => {
    const { turn, signal } = keepTurn(greets);
    turn.prompt({ ...FACTS, ...greets }, undefined, signal, 0);
    expect(turn.isStarting).toBe(true);
    const { turn: plain } = startTurn();
    expect([plain.isStarting, plain.keepsProcess]).toEqual([false, false]);
  });
});

describe('a note', () => {
  it('comes in front of all that the client has not heard', async () => {
    const { turn } = startTurn();
    turn.accept(say('a'), 0);
    turn.note('tools-unconfirmed');
    expect(await heard(turn.events)).toMatchObject([
      { type: 'ready', note: 'tools-unconfirmed' },
      { text: 'a' },
    ]);
  });
});

describe('the window for further calls', () => {
  const WINDOW = 50;

  it.each<[string, object, boolean]>([
    ['a call', { ...call, callId: 'call_1' }, true],
    ['text', say('a'), true],
    ['text as a part', { chi: 'chunk', part: { type: 'text', text: 'a' } }, true],
    ['a call as a part', { chi: 'chunk', part: { type: 'tool_use', toolCall: { name: 'f' } } }, true],
    ['a call of the older dialect', { chi: 'chunk', chunkType: 'tool_call' }, true],
    ['input of a call', { chi: 'chunk', chunkType: 'tool_input_delta', delta: '{' }, true],
    [
      'the begin of an input of a tool that is none of the client',
      { chi: 'chunk', chunkType: 'tool_input_start', toolName: 'x' },
      true,
    ],
    ['reasoning', { chi: 'chunk', chunkType: 'reasoning_delta', delta: 'a' }, false],
    ['a part that is none', { chi: 'chunk', part: 'text' }, false],
    ['no part at all', { chi: 'chunk', part: null }, false],
    ['a pulse', { chi: 'pulse', chunkType: 'text_delta' }, false],
    ['what a tool of the worker does', { chi: 'tool-info', toolName: 'x' }, false],
  ])('is moved, or not, by %s', (_, tone, isMoved) => {
    const { turn } = startTurn();
    turn.accept(call, 100);
    turn.accept({ chi: '', ...tone, sid: SID }, 120);
    expect(turn.closesAt(WINDOW)).toBe(isMoved ? 170 : 150);
  });

  it('ends with the input that is on its way, or two seconds after the first call', () => {
    const { turn } = startTurn();
    turn.accept(call, 100);
    const block = { chi: 'chunk', sid: SID, blockIdx: 1 };
    turn.accept({ ...block, chunkType: 'tool_input_start', toolName: 'f', toolCallId: 'call_1' }, 110);
    expect(turn.closesAt(WINDOW)).toBe(2_100);
    turn.accept({ ...block, chunkType: 'content_block_stop' }, 120);
    expect(turn.closesAt(WINDOW)).toBe(160);
    for (let now = 200; now < 2_200; now += 40) turn.accept(say('a'), now);
    expect(turn.closesAt(WINDOW)).toBe(2_100);
  });

  it('is another one for the next answer, and none where there is no call', () => {
    const { turn } = routeTurn(5_000);
    expect(turn.closesAt(WINDOW)).toBeLessThan(5_000);
    turn.accept({ ...call, callId: 'call_1' }, 5_100);
    expect(turn.closesAt(WINDOW)).toBe(5_150);
    for (let now = 5_100; now <= 7_400; now += 40) turn.accept(say('a'), now);
    expect(turn.closesAt(WINDOW)).toBe(7_100);
    const going = routeTurn();
    going.turn.conversation = CONVERSATION;
    going.turn.accept(say('a'), 0);
    going.turn.accept(finish, 0);
    going.turn.prompt(FACTS, undefined, new TurnAbort(), 8_000);
    going.turn.accept(call, 8_000);
    for (let now = 8_000; now <= 9_900; now += 40) going.turn.accept(say('a'), now);
    expect(going.turn.closesAt(WINDOW)).toBeGreaterThan(9_900);
  });

  it('is open only while the client has not got its end', () => {
    const { turn } = startTurn();
    expect(turn.hasOpenCalls).toBe(false);
    turn.accept(call, 0);
    expect(turn.hasOpenCalls).toBe(true);
    turn.closeOnCalls(() => 1_000, 0);
    expect([turn.hasOpenCalls, turn.calls.length, turn.openCalls.length]).toEqual([false, 1, 1]);
  });

  it('is open at once for calls that came while the worker was parked', () => {
    const { turn, events } = parkTurn();
    turn.accept({ ...call, callId: 'call_1' }, 10);
    expect(turn.calls).toHaveLength(1);
    void turn.sendResults(FACTS, 60_000, 20);
    expect([turn.closesAt(WINDOW), turn.lastToneAt]).toEqual([70, 20]);
    expect(events.ended).toBe(true);
  });
});

describe('a turn that is closed on its calls', () => {
  it('has its end at once, and its worker told to stop where it cannot be parked', async () => {
    const { turn } = startTurn();
    const next = turn.events.next();
    turn.accept(call, 0);
    turn.closeOnCalls(() => undefined, 0);
    expect(turn.state.at).toBe('settling');
    expect((await next).value).toMatchObject([
      { type: 'tool-call' },
      { type: 'finish', reason: 'tool-calls' },
    ]);
  });

  it('keeps what its worker says meanwhile for the next request, apart from what this one has not read yet', async () => {
    const { turn, events } = parkTurn();
    turn.accept(say('meanwhile'), 1);
    expect(await heard(events)).toMatchObject([{ type: 'tool-call' }, { type: 'finish' }]);
    expect(await heard(turn.events)).toMatchObject([{ text: 'meanwhile' }]);
  });

  it('stays parked if what its client has not read has to go', async () => {
    const budget = new BufferBudget({ maxTotalBufferBytes: 20 });
    const parked = startTurn({}, { budget });
    const { turn } = parked;
    turn.accept(say('x'.repeat(15)), 0);
    turn.accept(call, 0);
    const { events } = turn;
    turn.closeOnCalls(() => 1_000, 0);
    const other = startTurn({}, { budget });
    other.turn.accept(say('x'.repeat(10)), 0);
    other.turn.flush();
    expect([turn.state.at, other.turn.state.at]).toEqual(['parked', 'streaming']);
    expect(await heard(events)).toMatchObject([{ fault: { code: 'client-too-slow' } }]);
  });
});

it('what a parked worker has said counts no more when its turn is given up, or its link is lost', () => {
  for (const end of [
    (turn: Turn) => turn.giveUp(),
    (turn: Turn) => turn.lose(new Fault('link-lost', 'gone')),
  ]) {
    const budget = new BufferBudget({ maxTotalBufferBytes: 100 });
    const { turn, events } = parkTurn({}, { budget });
    events.drop();
    turn.accept(say('meanwhile'), 1);
    turn.flush();
    expect(budget.bytes).toBe(9);
    end(turn);
    expect(budget.bytes).toBe(0);
  }
});

it('an answer that has to go while its client waits for more is told so at once', async () => {
  const kept = new BufferBudget({ maxTotalBufferBytes: 150_000 });
  const budget = new BufferBudget({ maxTotalBufferBytes: 1_000_000 }, kept);
  const options = { budget, maxBufferBytes: 1_000_000, maxAnswerBytes: 1_000_000 };
  const [one, other] = [startTurn({ isHeld: true }, options), startTurn({ isHeld: true }, options)];
  one.turn.accept(say('x'.repeat(100_000)), 0);
  one.turn.flush();
  await one.turn.events.next();
  const next = one.turn.events.next();
  other.turn.accept(say('x'.repeat(90_000)), 0);
  other.turn.flush();
  expect((await next).value).toMatchObject([{ fault: { code: 'worker-error' } }]);
  expect([one.turn.state.at, other.turn.state.at]).toEqual(['settling', 'streaming']);
});

it('an answer that has to go for all others is ended, and its worker told to stop', async () => {
  const budget = new BufferBudget({ maxTotalBufferBytes: 20 });
  const { turn } = startTurn({}, { budget });
  turn.accept(say('x'.repeat(21)), 0);
  turn.flush();
  expect(turn.state.at).toBe('settling');
  expect(await heard(turn.events)).toMatchObject([{ fault: { code: 'client-too-slow' } }]);
});

describe('results', () => {
  it.each<[string, object, boolean]>([
    ['text', say('a'), true],
    ['another call', { ...call, callId: 'call_1' }, true],
    ['what a tool of the worker does', { chi: 'tool-info', toolName: 'x' }, true],
    ['a pulse', { chi: 'pulse' }, false],
    ['a line of its log', { chi: 'log', text: 'a' }, false],
    ['that it is there', { chi: 'session-ready' }, false],
  ])('are taken, or not known to be, by a worker that sends: %s', async (_, tone, isTaken) => {
    const { turn, taken } = routeTurn();
    turn.accept({ chi: '', ...tone, sid: SID }, 1);
    expect(turn.state.at).toBe(isTaken ? 'streaming' : 'routing');
    turn.accept(finish, 2);
    expect(await taken).toBe(true);
  });

  it('leave no timer behind when they are taken', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { turn, taken } = routeTurn();
    expect(vi.getTimerCount()).toBe(1);
    turn.accept(say('a'), 1);
    expect([await taken, vi.getTimerCount()]).toEqual([true, 0]);
  });

  it('take note of whether all of the answer is kept', () => {
    for (const isHeld of [true, false]) expect(routeTurn(0, { isHeld }).turn.events.isHeld).toBe(isHeld);
  });

  it('that are refused, or not taken in time, are replayed: nothing of the answer is given, and its worker told to stop', async () => {
    for (const end of [
      (turn: Turn) => turn.refuse(new Fault('not-offered', 'no'), 1),
      (turn: Turn) => turn.expire(60_000),
    ]) {
      const { turn, taken, events, effects } = routeTurn();
      turn.accept({ chi: 'session-ready', sid: SID }, 1);
      end(turn);
      expect(await taken).toBe(false);
      expect([turn.state.at, effects.includes('send-cancel')]).toEqual(['settling', true]);
      expect(await events.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('whose client leaves, or whose link breaks, wake the one that sent them', async () => {
    const left = routeTurn();
    left.signal.abort();
    const lost = routeTurn();
    lost.turn.lose(new Fault('link-lost', 'gone'));
    expect(await Promise.all([left.taken, lost.taken])).toEqual([true, true]);
    expect(await heard(lost.events)).toMatchObject([{ fault: { code: 'link-lost' } }]);
  });
});

describe('a turn that is given up', () => {
  it('has no end for a reader that waits, and no more words', async () => {
    const { turn } = startTurn();
    const next = turn.events.next();
    turn.giveUp();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('gives what it has said, unless that is abandoned', async () => {
    const [given, abandoned] = [startTurn().turn, startTurn().turn];
    for (const turn of [given, abandoned]) turn.accept(say('a'), 0);
    given.giveUp();
    abandoned.abandon();
    expect(await heard(given.events)).toMatchObject([{ text: 'a' }]);
    expect(await heard(abandoned.events)).toEqual([]);
  });

  it('is ended by a fault for its client, and once', async () => {
    const { turn: waiting } = startTurn();
    const next = waiting.events.next();
    waiting.fail(new Fault('timeout', 'late'));
    expect((await next).value).toMatchObject([{ fault: { message: 'late' } }]);
    const { turn } = startTurn();
    turn.accept(say('a'), 0);
    turn.fail(new Fault('timeout', 'late'));
    turn.fail(new Fault('timeout', 'later'));
    expect(turn.state.at).toBe('settling');
    expect(await heard(turn.events)).toMatchObject([
      { text: 'a' },
      { fault: { message: 'late', afterPrompt: true } },
    ]);
  });

  it('may be asked for again only if its worker has done nothing: the model’s API refused it, or no worker has said a word', async () => {
    const tooMany = new Fault('limit-reached', 'too many');
    const late = new Fault('timeout', 'late');
    const cases: readonly (readonly [(turn: Turn) => void, Fault, boolean])[] = [
      [() => undefined, late, false],
      [(turn) => turn.hear(0), late, true],
      [(turn) => turn.hear(0), tooMany, false],
      [(turn) => void turn.accept(say('a'), 0), tooMany, true],
    ];
    for (const [before, fault, isAfter] of cases) {
      const { turn } = startTurn();
      before(turn);
      turn.fail(fault);
      const last = (await heard(turn.events)).at(-1);
      expect(last?.type === 'fault' && last.fault.afterPrompt === true).toBe(isAfter);
    }
  });

  it('is lost with the link, but a session that is only kept is not', () => {
    const running = startTurn();
    running.turn.lose(new Fault('link-lost', 'gone'));
    const kept = keepTurn();
    kept.turn.lose(new Fault('link-lost', 'gone'));
    expect([running.turn.state.at, kept.turn.state.at]).toEqual(['over', 'kept']);
  });
});
