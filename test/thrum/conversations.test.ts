import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { TurnRequest } from '../../src/core/request.js';
import type { ReplicaStore } from '../../src/shared/replica-store.js';
import { LinkHistory } from '../../src/thrum/link/link-history.js';
import type { Conversation } from '../../src/thrum/sessions/conversation.js';
import {
  Conversations,
  IDLE_MS,
  MAX_SESSIONS,
  MAX_SESSIONS_PER_KEY,
} from '../../src/thrum/sessions/conversations.js';
import { findNews, keyWithAnswer } from '../../src/thrum/sessions/history-digest.js';
import { Turn } from '../../src/thrum/turn/turn.js';
import { asking, startTurns, TARGET } from './open-turns.js';

const FACTS = {
  model: 'm',
  toolNames: new Set<string>(),
  promptCharacters: () => 1,
  showWorkerTools: false,
  keepsAnswer: true,
};
const TOOL = { name: 'f', inputSchema: { type: 'object' } };

interface Kept {
  readonly turn: Turn;
  readonly conversation: Conversation;
}

const originOf = ({ caller, system }: TurnRequest) => ({ keyId: caller?.keyId, modelId: 'm', system });

interface StartOptions {
  readonly replicas?: ReplicaStore;
}

/** Conversations of one link, whose workers the test changes. */
function start({ replicas }: StartOptions = {}) {
  const link = new LinkHistory();
  const workers = { set: 'a', connections: '1' };
  const conversations = new Conversations({ replicas, link, workersOf: () => ({ ...workers }) });
  let sids = 0;

  /** A turn whose worker has been asked, and has begun. */
  function begin(request: TurnRequest): Turn {
    const sid = `s${sids++}`;
    const signal = new TurnAbort();
    const turn: Turn = new Turn(
      {
        sid,
        maxBufferBytes: 1_000,
        maxAnswerBytes: 1_000,
        carryOut: (_, effect) => {
          if (effect === 'drop-session') conversations.drop(turn);
        },
        onLateCall: () => undefined,
      },
      signal,
    );
    conversations.started();
    turn.prompt(
      { ...FACTS, toolNames: new Set(request.tools.map(({ name }) => name)) },
      undefined,
      signal,
      0,
    );
    turn.accept({ chi: 'chunk', sid, chunkType: 'text_start' }, 0);
    return turn;
  }

  /** The answer to a request has ended, and its worker remembers it. */
  function keep(request: TurnRequest, answer: string, nestId?: string): Kept {
    const turn = begin(request);
    const { sid } = turn;
    const origin = originOf(request);
    const conversation = conversations.begin(request, origin);
    conversations.run(conversation, turn);
    if (nestId !== undefined) turn.accept({ chi: 'session-ready', sid, nestId }, 0);
    turn.accept({ chi: 'finish', sid, finishReason: 'stop' }, 0);
    void conversations.keep(turn, keyWithAnswer(request, origin, answer), 'm');
    return { turn, conversation };
  }

  async function take(request: TurnRequest, mayEndProcesses = false) {
    const origin = originOf(request);
    const news = findNews(request, origin);
    if (news === undefined) return expect.fail('it goes on with nothing');
    return conversations.take(request, origin, news.key, mayEndProcesses);
  }

  return { conversations, link, workers, begin, keep, take };
}

/** A request that goes on with what `asking(first)` began. */
function goingOn(
  first: string,
  answer: string,
  next: string,
  fields: Partial<TurnRequest> = {},
): TurnRequest {
  return {
    ...asking(first, fields),
    messages: [
      ...asking(first).messages,
      { role: 'assistant', content: [{ type: 'text', text: answer }], toolCalls: [] },
      ...asking(next).messages,
    ],
  };
}

const caller = (keyId: string) => ({ surface: 'ollama', keyId, requestId: 'r' });

const fails = () => Promise.reject(new Error('the store is broken'));
const brokenStore: ReplicaStore = {
  replicaId: 'one',
  isThere: true,
  get: fails,
  take: fails,
  set: fails,
  replace: fails,
  add: fails,
  counts: fails,
  publish: fails,
  subscribe: () => undefined,
  onBack: () => undefined,
};

/** What two replicas share; `isGone` is what one of them sees of it. */
function startStore() {
  const values = new Map<string, string>();
  const listeners: ((message: string) => void)[] = [];
  /** @param replicaId what the others know it by */
  function of(replicaId: string) {
    const backs: (() => void)[] = [];
    const seen: { isGone: boolean; isLate: boolean; held?: Promise<void> | undefined } = {
      isGone: false,
      isLate: false,
    };
    const counts = { takes: 0 };
    const ask = async <T>(run: () => T) => {
      if (seen.isGone) return 'gone' as const;
      const value = run();
      await seen.held;
      return seen.isLate ? ('gone' as const) : { value };
    };
    const replicas: ReplicaStore = {
      ...brokenStore,
      replicaId,
      take: (key) => {
        counts.takes++;
        return ask(() => {
          const value = values.get(key);
          values.delete(key);
          return value;
        });
      },
      set: (entries) =>
        ask(() => {
          for (const [key, value] of entries) values.set(key, value);
          return undefined;
        }),
      publish: (_, message) =>
        ask(() => {
          for (const listener of listeners) listener(message);
          return undefined;
        }),
      subscribe: (_, listener) => void listeners.push(listener),
      onBack: (listener) => void backs.push(listener),
    };
    const comesBack = async () => {
      seen.isGone = false;
      for (const back of backs) back();
      await settle();
    };
    return { ...start({ replicas }), seen, counts, comesBack };
  }
  const say = (message: string) => {
    for (const listener of listeners) listener(message);
  };
  return { values, of, say };
}

/** Lets everything go on that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a conversation that a worker remembers', () => {
  it('is found by all that was said, and taken by one request only', async () => {
    const { keep, take } = start();
    const { turn } = keep(asking('one'), 'first');
    expect(await take(goingOn('one', 'first', 'two'))).toMatchObject({
      use: { how: 'delta', reason: 'history' },
      session: { turn },
    });
    expect(await take(goingOn('one', 'first', 'two'))).toMatchObject({
      use: { how: 'fresh', reason: 'busy' },
    });
  });

  it.each<[string, TurnRequest, string]>([
    ['its first message was edited', goingOn('other', 'first', 'two'), 'unknown-history'],
    ['its answer was edited', goingOn('one', 'fir st', 'two'), 'unknown-history'],
    ['it has another system text', goingOn('one', 'first', 'two', { system: 's' }), 'unknown-history'],
    ['it has another name', goingOn('one', 'first', 'two', { sessionHint: 'n' }), 'unknown-history'],
    ['it is for another user', goingOn('one', 'first', 'two', { sessionScope: 'u' }), 'unknown-history'],
    ['it has another key', goingOn('one', 'first', 'two', { caller: caller('k') }), 'unknown-history'],
    ['it has tools now', goingOn('one', 'first', 'two', { tools: [TOOL] }), 'access'],
    ['its worker may do more', goingOn('one', 'first', 'two', { rights: { workerTools: 'all' } }), 'access'],
  ])('is not found where %s', async (_, request, reason) => {
    const { keep, take } = start();
    keep(asking('one'), 'first');
    expect(await take(request)).toEqual({ use: { how: 'fresh', reason }, session: undefined });
  });

  it.each<[string, readonly string[]]>([
    ['white space at the ends of its answer', [' first\n\nsecond\n']],
    ['its answer in parts', ['first', 'second']],
    ['an empty part', ['', 'first', 'second']],
  ])('is found whatever clients do with %s', async (_, parts) => {
    const { keep, take } = start();
    const { turn } = keep(asking('one'), 'first\n\nsecond');
    const request = goingOn('one', '', 'two');
    const content = parts.map((text) => ({ type: 'text' as const, text }));
    const [first, , next] = request.messages;
    if (first === undefined || next === undefined) return expect.fail();
    const inOne = [first, { role: 'assistant' as const, content, toolCalls: [] }, next];
    expect((await take({ ...request, messages: inOne })).session?.turn).toBe(turn);
    return undefined;
  });

  it('is found where its answer comes back as several messages', async () => {
    const { keep, take } = start();
    const { turn } = keep(asking('one'), 'first\n\nsecond');
    const [user, , next] = goingOn('one', '', 'two').messages;
    const answers = ['first', 'second'].map((text) => ({
      role: 'assistant' as const,
      content: [{ type: 'text' as const, text }],
      toolCalls: [],
    }));
    if (user === undefined || next === undefined) return expect.fail();
    const request = { ...asking('x'), messages: [user, ...answers, next] };
    expect((await take(request)).session?.turn).toBe(turn);
    return undefined;
  });

  it('is void at other workers, and with another humd', async () => {
    const { keep, take, workers, link } = start();
    const first = keep(asking('one'), 'a', 'nest');
    workers.set = 'a b';
    expect(await take(goingOn('one', 'a', 'two'))).toEqual({
      use: { how: 'fresh', reason: 'roster' },
      session: undefined,
    });
    expect(first.turn.state.at).toBe('over');
    keep(asking('one'), 'a', 'nest');
    link.lost();
    link.moved();
    expect(await take(goingOn('one', 'a', 'two'))).toMatchObject({ use: { how: 'fresh', reason: 'link' } });
  });

  it('is resumed where its process may be gone', async () => {
    const { keep, take, workers, link, conversations } = start();
    const changes: readonly [string, () => void][] = [
      ['roster', () => (workers.connections += '2')],
      ['link', () => link.lost()],
      ['evicted', () => Array.from({ length: 8 }, () => conversations.started())],
    ];
    for (const [reason, change] of changes) {
      const { turn } = keep(asking('one'), 'a', 'nest');
      change();
      expect(await take(goingOn('one', 'a', 'two'), true)).toMatchObject({
        use: { how: 'resumed', reason },
        session: { turn: undefined, nestId: 'nest' },
      });
      expect(turn.state.at).toBe('over');
    }
  });

  it('is resumed when it was idle for so long that its process has ended', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { keep, take } = start();
    keep(asking('one'), 'a', 'nest');
    keep(asking('other'), 'a', 'nest');
    vi.advanceTimersByTime(284_000);
    expect(await take(goingOn('other', 'a', 'two'), true)).toMatchObject({ use: { how: 'delta' } });
    vi.advanceTimersByTime(2_000);
    expect(await take(goingOn('one', 'a', 'two'), true)).toMatchObject({
      use: { how: 'resumed', reason: 'idle' },
    });
  });

  it('goes on at a worker that ends no processes, however long it was idle, and whatever has started since', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { keep, take, conversations } = start();
    keep(asking('one'), 'a', 'nest');
    for (let n = 0; n < 8; n++) conversations.started();
    vi.advanceTimersByTime(300_000);
    expect(await take(goingOn('one', 'a', 'two'), false)).toMatchObject({ use: { how: 'delta' } });
  });

  it('is in use while it is being resumed', async () => {
    const { keep, take, link, conversations } = start();
    const { conversation } = keep(asking('one'), 'a', 'nest');
    link.lost();
    await take(goingOn('one', 'a', 'two'));
    expect(conversations.list()).toMatchObject([{ id: conversation.id, state: 'running' }]);
    expect(await take(goingOn('one', 'a', 'two'))).toMatchObject({ use: { how: 'fresh', reason: 'busy' } });
    expect(await take(goingOn('other', 'a', 'two'))).toMatchObject({ use: { reason: 'unknown-history' } });
  });

  it('is sent whole where its process may be gone and the worker never said how to resume it', async () => {
    const { keep, take, link, workers, conversations } = start();
    const changes: readonly [string, () => void][] = [
      ['link', () => link.lost()],
      ['roster', () => (workers.connections += '2')],
      ['unknown-history', () => Array.from({ length: 8 }, () => conversations.started())],
    ];
    for (const [reason, change] of changes) {
      keep(asking('one'), 'a');
      change();
      expect(await take(goingOn('one', 'a', 'two'), true)).toEqual({
        use: { how: 'fresh', reason },
        session: undefined,
      });
      expect(conversations.list()).toEqual([]);
    }
  });

  it('is not kept by a turn that belongs to none', () => {
    const { begin, conversations } = start();
    const turn = begin(asking('one'));
    expect(conversations.keep(turn, { history: 'h', digest: 'd' }, 'm')).toBeUndefined();
    conversations.detach(turn);
    expect(conversations.list()).toEqual([]);
  });
});

describe('a turn of a conversation that is thrown away', () => {
  it('is kept no more, whether its answer has come or not, and counts as none', async () => {
    const { begin, keep, take, conversations } = start();
    const { turn, conversation } = keep(asking('one'), 'a');
    const other = keep(asking('one'), 'a');
    conversations.detach(turn);
    expect(conversation.turns).toBe(0);
    expect(conversations.list()).toMatchObject([{ id: other.conversation.id }]);
    const running = begin(asking('two'));
    conversations.run(conversation, running);
    conversations.detach(running);
    expect(conversations.list()).toHaveLength(1);
    expect((await take(goingOn('one', 'a', 'two'))).session?.turn).toBe(other.turn);
  });
});

describe('a conversation whose worker waits for tool results', () => {
  it('is listed as parked, and its turn is given up when it is deleted; one that runs is answered to its end', () => {
    const { begin, conversations } = start();
    const of = (text: string) => {
      const request = asking(text, { tools: [TOOL] });
      const conversation = conversations.begin(request, originOf(request));
      const turn = begin(request);
      conversations.run(conversation, turn);
      return { turn, conversation };
    };
    const [parked, running] = [of('one'), of('two')];
    parked.turn.accept({ chi: 'tool-call', sid: parked.turn.sid, callId: 'c', name: 'f', args: {} }, 0);
    parked.turn.closeOnCalls(() => 1_000, 0);
    expect(conversations.list()).toMatchObject([{ state: 'running' }, { state: 'parked' }]);
    expect(conversations.delete(parked.conversation.id, undefined)).toBe(true);
    expect(conversations.delete(running.conversation.id, undefined)).toBe(true);
    expect([parked.turn.state.at, running.turn.state.at]).toEqual(['settling', 'streaming']);
    running.turn.accept({ chi: 'finish', sid: running.turn.sid, finishReason: 'stop' }, 0);
    const key = keyWithAnswer(asking('two'), originOf(asking('two')), 'a');
    expect(conversations.keep(running.turn, key, 'm')).toBeUndefined();
    expect([running.turn.state.at, conversations.list()]).toEqual(['over', []]);
  });
});

describe('a session that was taken for a request which then sends nothing', () => {
  it('can be gone on with again, under all its names', async () => {
    const { keep, take, conversations } = start();
    const { turn, conversation } = keep(asking('one', { nextSessionHint: 'n' }), 'a');
    await take(goingOn('one', 'a', 'two'));
    conversations.putBack(conversation);
    const named = goingOn('one', 'a', 'two', { sessionHint: 'n' });
    expect(await take(named)).toMatchObject({ use: { how: 'delta', reason: 'named' }, session: { turn } });
    expect(await take(named)).toMatchObject({ use: { how: 'fresh', reason: 'busy' } });
  });

  it('keeps what is known of its process: when it was used last, and what has come since', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { keep, take, conversations, link } = start();
    const idle = keep(asking('idle'), 'a', 'nest');
    await take(goingOn('idle', 'a', 'two'), true);
    vi.advanceTimersByTime(200_000);
    conversations.putBack(idle.conversation);
    vi.advanceTimersByTime(100_000);
    expect(await take(goingOn('idle', 'a', 'two'), true)).toMatchObject({ use: { reason: 'idle' } });
    const linked = keep(asking('linked'), 'a', 'nest');
    await take(goingOn('linked', 'a', 'two'));
    link.lost();
    conversations.putBack(linked.conversation);
    expect(await take(goingOn('linked', 'a', 'two'))).toMatchObject({ use: { reason: 'link' } });
  });

  it('is listed meanwhile as one that is in use, and can be deleted', async () => {
    const { keep, take, conversations } = start();
    const { turn, conversation } = keep(asking('one'), 'a');
    await take(goingOn('one', 'a', 'two'));
    expect(conversations.list()).toMatchObject([{ id: conversation.id, state: 'running' }]);
    expect(conversations.delete(conversation.id, 'other')).toBe(false);
    expect(conversations.delete(conversation.id, undefined)).toBe(true);
    expect(turn.state.at).toBe('kept');
    conversations.putBack(conversation);
    expect([turn.state.at, conversations.list()]).toEqual(['over', []]);
  });

  it('is not put back if its worker has ended meanwhile', async () => {
    const { keep, take, conversations } = start();
    const { turn, conversation } = keep(asking('one'), 'a');
    await take(goingOn('one', 'a', 'two'));
    turn.giveUp();
    conversations.putBack(conversation);
    expect(conversations.list()).toEqual([]);
  });
});

describe('what is kept', () => {
  it('is bounded in number, in all and of one key: the longest idle goes first', () => {
    const { keep } = start();
    const of = (keyId: string, from: number, to: number) =>
      Array.from(
        { length: to - from },
        (_, n) => keep(asking(`${from + n}`, { caller: caller(keyId) }), 'a').turn,
      );
    const [oldest] = of('j', 0, 1);
    const one = of('k', 0, MAX_SESSIONS_PER_KEY + 1);
    expect(oldest?.state.at).toBe('kept');
    expect(one.filter((turn) => turn.state.at !== 'kept')).toEqual([one[0]]);
    const other = of('l', 0, MAX_SESSIONS - MAX_SESSIONS_PER_KEY);
    expect(oldest?.state.at).toBe('over');
    of('m', 0, 1);
    expect(one.filter((turn) => turn.state.at !== 'kept')).toEqual(one.slice(0, 2));
    expect(other.every((turn) => turn.state.at === 'kept')).toBe(true);
  });

  it('counts no more when it is taken or let go', async () => {
    const { keep, take, conversations } = start();
    const { turn } = keep(asking('first'), 'a');
    for (let n = 0; n <= MAX_SESSIONS_PER_KEY; n++) {
      keep(asking('one'), 'a');
      const { session } = await take(goingOn('one', 'a', 'two'));
      if (session !== undefined) conversations.forget(session.conversation);
    }
    expect(turn.state.at).toBe('kept');
    for (let n = 1; n < MAX_SESSIONS_PER_KEY; n++) keep(asking('one'), 'a');
    expect(turn.state.at).toBe('kept');
    keep(asking('one'), 'a');
    expect(turn.state.at).toBe('over');
  });

  it('is found beside another one that is the same word for word, and was let go', async () => {
    for (const gone of [0, 1]) {
      const { keep, take, conversations } = start();
      const both = [keep(asking('one'), 'a').turn, keep(asking('one'), 'a').turn];
      conversations.giveUpOldest((turn) => turn === both[gone]);
      expect((await take(goingOn('one', 'a', 'two'))).session?.turn).toBe(both[1 - gone]);
    }
  });

  it('is given up after half an hour, and not before', () => {
    const { keep, conversations } = start();
    const before = performance.now();
    const { turn } = keep(asking('one'), 'a');
    const after = performance.now();
    conversations.sweep(before + IDLE_MS - 1);
    expect(turn.state.at).toBe('kept');
    conversations.sweep(after + IDLE_MS);
    expect(turn.state.at).toBe('over');
  });

  it('makes room for a turn that needs it, the longest idle first', () => {
    const { keep, conversations } = start();
    const [one, other] = [keep(asking('one'), 'a').turn, keep(asking('two'), 'a').turn];
    expect(conversations.giveUpOldest((turn) => turn === other)).toBe(true);
    expect([one.state.at, other.state.at]).toEqual(['kept', 'over']);
    expect(conversations.giveUpOldest((turn) => turn === other)).toBe(false);
  });

  it('is listed, the one used last first, and deleted by its own key alone', () => {
    const { keep, conversations } = start();
    const first = keep(asking('one', { caller: caller('k'), sessionHint: 'n' }), 'a');
    const second = keep(asking('two', { caller: caller('k') }), 'a');
    expect(conversations.list()).toMatchObject([
      { id: second.conversation.id, keyId: 'k', model: 'm', name: undefined, turns: 1, state: 'kept' },
      { id: first.conversation.id, keyId: 'k', model: 'm', name: 'n', turns: 1, state: 'kept' },
    ]);
    expect(conversations.delete(second.conversation.id, undefined)).toBe(false);
    expect(conversations.delete(second.conversation.id, 'k')).toBe(true);
    expect([first.turn.state.at, second.turn.state.at]).toEqual(['kept', 'over']);
    expect(conversations.list()).toHaveLength(1);
  });
});

describe('a store that throws', () => {
  const store = brokenStore;

  it.each(['take', 'set', 'publish'] as const)(
    'at %s costs no session: each replica goes on with its own',
    async (at) => {
      const works: Pick<ReplicaStore, 'take' | 'set' | 'publish'> = {
        take: async () => ({ value: undefined }),
        set: async () => 'gone',
        publish: async () => ({ value: undefined }),
      };
      const { keep, take } = start({ replicas: { ...store, ...works, [at]: fails } });
      const { turn } = keep(asking('one', { sessionHint: 'n' }), 'a');
      const found = await take(goingOn('one', 'a', 'two', { sessionHint: 'n' }));
      expect(found.session?.turn).toBe(turn);
    },
  );

  it('costs no turn with a name its answer, nor its next one', async () => {
    const world = startTurns({ isStateful: true, replicas: store });
    for (const text of ['one', 'two']) {
      const { events } = await world.opener.open(asking(text, { sessionHint: 'n' }), TARGET, new TurnAbort());
      const sid = world.tones('prompt').at(-1)?.sid;
      world.turns.accept([{ chi: 'finish', sid, finishReason: 'stop' }]);
      const seen = [];
      for await (const batch of events) seen.push(...batch);
      expect(seen.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    }
  });
});

it('nothing is sent for a client that leaves while the store is asked for its session', async () => {
  let reply: (value: 'gone') => void = () => expect.fail('the store was not asked');
  const asked = new Promise<'gone'>((resolve) => {
    reply = resolve;
  });
  const world = startTurns({ isStateful: true, replicas: { ...brokenStore, take: () => asked } });
  const signal = new TurnAbort();
  const opening = world.opener.open(goingOn('one', 'a', 'two', { sessionHint: 'n' }), TARGET, signal);
  await settle();
  signal.abort();
  reply('gone');
  await expect(opening).rejects.toMatchObject({ code: 'client-left' });
  expect([world.tones('prompt'), world.opener.takenRooms]).toEqual([[], 0]);
});

it('an answer with a name ends for its client when the other replicas can go on with it, and its words come before', async () => {
  let reply: (value: 'gone') => void = () => expect.fail('nothing was shared');
  const replicas: ReplicaStore = {
    ...brokenStore,
    set: () =>
      new Promise((resolve) => {
        reply = resolve;
      }),
  };
  const world = startTurns({ isStateful: true, replicas });
  const request = asking('one', { sessionHint: 'n' });
  const { events } = await world.opener.open(request, TARGET, new TurnAbort());
  const sid = world.tones('prompt').at(-1)?.sid;
  const reader = events[Symbol.asyncIterator]();
  world.turns.accept([{ chi: 'chunk', sid, chunkType: 'text_delta', delta: 'a' }]);
  expect((await reader.next()).value).toMatchObject([{ type: 'text-delta' }]);
  world.turns.accept([{ chi: 'finish', sid, finishReason: 'stop' }]);
  let hasEnded = false;
  const end = reader.next().then(({ value }) => {
    hasEnded = true;
    return value;
  });
  await settle();
  expect(hasEnded).toBe(false);
  reply('gone');
  expect(await end).toMatchObject([{ type: 'finish' }]);
});

describe('a named session of two replicas', () => {
  const named = (first: string) => asking(first, { sessionHint: 'n' });
  const onward = (next = 'two') => goingOn('one', 'a', next, { sessionHint: 'n' });
  const resumed = {
    use: { how: 'resumed', reason: 'replica' },
    session: { nestId: 'nest', turn: undefined },
  };

  /** Both are there, and the first has kept a session. */
  async function startBoth() {
    const store = startStore();
    const [first, second] = [store.of('first'), store.of('second')];
    const { turn } = first.keep(named('one'), 'a', 'nest');
    await settle();
    return { ...store, first, second, turn };
  }

  it('is taken by one of them, and the other one lets go of it', async () => {
    const { first, second, turn } = await startBoth();
    expect(await second.take(onward())).toMatchObject(resumed);
    expect(await second.take(onward())).toMatchObject({ use: { how: 'fresh', reason: 'busy' } });
    expect(turn.state.at).toBe('over');
    expect(await first.take(onward())).toMatchObject({ use: { how: 'fresh', reason: 'unknown-history' } });
  });

  it('is taken by one of them also where they do so at once, before they hear of each other', async () => {
    const { first, second, turn } = await startBoth();
    const [one, other] = await Promise.all([second.take(onward()), first.take(onward())]);
    expect([one, other]).toMatchObject([resumed, { use: { how: 'fresh', reason: 'busy' } }]);
    expect(turn.state.at).toBe('over');
  });

  it('is not gone on with by its own replica if another one was faster than the reply that it is shared', async () => {
    const store = startStore();
    const [first, second] = [store.of('first'), store.of('second')];
    first.keep(named('one'), 'a', 'nest');
    const [one, other] = await Promise.all([second.take(onward()), first.take(onward())]);
    expect([one, other]).toMatchObject([resumed, { use: { how: 'fresh', reason: 'busy' } }]);
  });

  it('is let go of at its own replica alone', async () => {
    const { second, turn } = await startBoth();
    const { turn: others } = second.keep(named('other'), 'a', 'nest');
    await settle();
    expect(await second.take(onward())).toMatchObject(resumed);
    expect([turn.state.at, others.state.at]).toEqual(['over', 'kept']);
  });

  it('that was deleted is found by neither', async () => {
    const { first, second, values } = await startBoth();
    const [info] = first.conversations.list();
    expect(first.conversations.delete(info?.id ?? '', undefined)).toBe(true);
    await settle();
    expect(values.size).toBe(0);
    expect(await second.take(onward())).toMatchObject({ use: { how: 'fresh', reason: 'unknown-history' } });
  });

  it('is shared only if it has a name; what has none is not asked for, either', async () => {
    const { first, values } = await startBoth();
    const { turn } = first.keep(asking('other'), 'a', 'nest');
    await settle();
    expect(values.size).toBe(1);
    expect(await first.take(goingOn('other', 'a', 'two'))).toMatchObject({ session: { turn } });
    expect(first.counts.takes).toBe(0);
  });

  it('is not resumed by another one where its worker never said how', async () => {
    const store = startStore();
    const [first, second] = [store.of('first'), store.of('second')];
    const { turn } = first.keep(named('one'), 'a');
    await settle();
    expect(await second.take(onward())).toEqual({
      use: { how: 'fresh', reason: 'unknown-history' },
      session: undefined,
    });
    expect(turn.state.at).toBe('over');
  });

  it('is asked for by what it will be called, too: a request without a name takes it from the others', async () => {
    const store = startStore();
    const [first, second] = [store.of('first'), store.of('second')];
    const { turn } = first.keep(asking('one', { nextSessionHint: 'n' }), 'a', 'nest');
    await settle();
    expect(await first.take(goingOn('one', 'a', 'two'))).toMatchObject({ session: { turn } });
    await settle();
    expect(await second.take(onward())).toMatchObject({ use: { how: 'fresh', reason: 'unknown-history' } });
  });

  it('is found by neither of its names when it has been taken by one', async () => {
    const store = startStore();
    const [first, second] = [store.of('first'), store.of('second')];
    first.keep(asking('one', { sessionHint: 'n', nextSessionHint: 'next' }), 'a', 'nest');
    await settle();
    expect(store.values.size).toBe(2);
    expect(await second.take(onward())).toMatchObject(resumed);
    await settle();
    expect(store.values.size).toBe(0);
  });

  it('is found by the other one when the request that took it has sent nothing', async () => {
    const { first, second } = await startBoth();
    const { session } = await first.take(onward());
    expect((await second.take(onward())).session).toBeUndefined();
    if (session !== undefined) first.conversations.putBack(session.conversation);
    await settle();
    expect(await second.take(onward())).toMatchObject(resumed);
  });

  it('is gone for its own replica if another one has it before the store says that it is shared', async () => {
    const store = startStore();
    const [first, second] = [store.of('first'), store.of('second')];
    let reply = () => {};
    first.seen.held = new Promise((resolve) => {
      reply = resolve;
    });
    first.keep(named('one'), 'a', 'nest');
    first.seen.held = undefined;
    const both = await Promise.all([second.take(onward()), first.take(onward())]);
    reply();
    expect(both).toMatchObject([resumed, { use: { how: 'fresh', reason: 'busy' } }]);
  });

  it('that may have been shared although the store did not answer is removed when it does', async () => {
    const store = startStore();
    const first = store.of('first');
    first.seen.isLate = true;
    const { turn } = first.keep(named('one'), 'a', 'nest');
    await settle();
    expect(store.values.size).toBe(1);
    first.seen.isLate = false;
    await first.comesBack();
    expect([store.values.size, turn.state.at]).toEqual([0, 'kept']);
  });

  it('that was deleted while the store was gone is removed when it is back, and nothing that came since', async () => {
    const { first, second, values } = await startBoth();
    first.seen.isGone = true;
    first.conversations.delete(first.conversations.list()[0]?.id ?? '', undefined);
    await settle();
    expect(values.size).toBe(1);
    await first.comesBack();
    expect(values.size).toBe(0);
    second.keep(named('one'), 'a', 'nest');
    await settle();
    await first.comesBack();
    expect(values.size).toBe(1);
  });

  it('is remembered as one to remove among so many, the newest of them', async () => {
    const { first } = await startBoth();
    first.seen.isGone = true;
    for (let n = 0; n < 2_100; n++) first.keep(named(`${n}`), 'a', 'nest');
    await settle();
    first.counts.takes = 0;
    await first.comesBack();
    expect(first.counts.takes).toBe(2_000);
  });

  it('is not harmed by what is no message of a replica', async () => {
    const { say, turn } = await startBoth();
    for (const message of ['', '{}', '{"replicaId":"first"}', 'null']) say(message);
    expect(turn.state.at).toBe('kept');
  });

  describe('that goes on while its replica does not reach the store', () => {
    /** The first has gone on with its own: the second may find what it was before. */
    async function startApart() {
      const world = await startBoth();
      world.first.seen.isGone = true;
      expect(await world.first.take(onward())).toMatchObject({ session: { turn: world.turn } });
      return world;
    }

    it('is not found as what it was before, once the store is reached again', async () => {
      const { first, second, values } = await startApart();
      expect(values.size).toBe(1);
      await first.comesBack();
      expect(values.size).toBe(0);
      expect(await second.take(onward())).toMatchObject({ use: { how: 'fresh', reason: 'unknown-history' } });
    });

    it('nor by its own replica, before the store has forgotten it', async () => {
      const { first } = await startApart();
      first.seen.isGone = false;
      expect(await first.take(onward('three'))).toMatchObject({ use: { how: 'fresh', reason: 'busy' } });
    });

    it('is shared again with what it has become by then', async () => {
      const { first, second } = await startApart();
      first.seen.isGone = false;
      first.keep(named('one'), 'a', 'nest');
      await first.comesBack();
      expect(await first.take(onward())).toMatchObject({ use: { how: 'delta' } });
      first.keep(named('one'), 'a', 'nest');
      await settle();
      expect(await second.take(onward())).toMatchObject(resumed);
    });
  });

  it('that was kept while the store was gone goes on at its own replica when it is back', async () => {
    const store = startStore();
    const [first, second] = [store.of('first'), store.of('second')];
    first.seen.isGone = true;
    const { turn } = first.keep(named('one'), 'a', 'nest');
    await settle();
    await first.comesBack();
    expect(await second.take(onward())).toMatchObject({ use: { how: 'fresh', reason: 'unknown-history' } });
    expect(await first.take(onward())).toMatchObject({ use: { how: 'delta' }, session: { turn } });
  });
});
