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

  /** The answer to a request has ended, and its worker remembers it. */
  function keep(request: TurnRequest, answer: string, nestId?: string): Kept {
    const sid = `s${sids++}`;
    const signal = new TurnAbort();
    const turn: Turn = new Turn(
      {
        sid,
        maxBufferBytes: 1_000,
        carryOut: (_, effect) => {
          if (effect === 'drop-session') conversations.drop(turn);
        },
        onLateCall: () => undefined,
      },
      signal,
    );
    const origin = originOf(request);
    const conversation = conversations.begin(request, origin);
    conversations.started();
    conversations.run(conversation, turn);
    turn.prompt(FACTS, undefined, signal, 0);
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

  return { conversations, link, workers, keep, take };
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

  it('is sent whole where its process may be gone and the worker never said how to resume it', async () => {
    const { keep, take, link } = start();
    keep(asking('one'), 'a');
    link.lost();
    expect(await take(goingOn('one', 'a', 'two'))).toMatchObject({ use: { how: 'fresh', reason: 'link' } });
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
    const one = of('k', 0, MAX_SESSIONS_PER_KEY + 1);
    expect(one.filter((turn) => turn.state.at !== 'kept')).toEqual([one[0]]);
    const other = of('l', 0, MAX_SESSIONS - MAX_SESSIONS_PER_KEY);
    of('m', 0, 1);
    expect(one.filter((turn) => turn.state.at !== 'kept')).toEqual(one.slice(0, 2));
    expect(other.every((turn) => turn.state.at === 'kept')).toBe(true);
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
    expect(conversations.delete(first.conversation.id, undefined)).toBe(false);
    expect(conversations.delete(first.conversation.id, 'k')).toBe(true);
    expect(first.turn.state.at).toBe('over');
    expect(conversations.list()).toHaveLength(1);
  });
});

describe('a store that throws', () => {
  const fails = () => Promise.reject(new Error('the store is broken'));
  const store: ReplicaStore = {
    replicaId: 'one',
    isThere: true,
    get: fails,
    take: fails,
    set: fails,
    replace: fails,
    lock: fails,
    extend: fails,
    unlock: fails,
    add: fails,
    counts: fails,
    publish: fails,
    subscribe: () => undefined,
    onBack: () => undefined,
  };

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
