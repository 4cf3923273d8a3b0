import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { ReplicaStore } from '../../src/shared/replica-store.js';
import { ContinuedSessions, type SessionName } from '../../src/thrum/sessions/continued-sessions.js';
import { IDLE_MS, type KeptSession, type SessionClaim } from '../../src/thrum/sessions/kept-session.js';
import { SharedSessions } from '../../src/thrum/sessions/shared-sessions.js';
import { Turn } from '../../src/thrum/turn/turn.js';
import { asking, startTurns, TARGET } from './open-turns.js';

const NAME: SessionName = { hid: 'h', keyId: 'k', modelId: 'm', hint: 'one' };
const FACTS = {
  model: 'm',
  toolNames: new Set<string>(),
  promptCharacters: 1,
  showWorkerTools: false,
  keepsAnswer: true,
};

/** A turn that has ended, and whose worker remembers the conversation. */
function keptSession(sid: string): KeptSession & { readonly turn: Turn } {
  const signal = new TurnAbort();
  const turn = new Turn(
    { sid, maxBufferBytes: 1_000, carryOut: () => undefined, onLateCall: () => undefined },
    signal,
  );
  turn.prompt(FACTS, undefined, signal, 0);
  turn.keepsSession = true;
  turn.accept({ chi: 'finish', sid, finishReason: 'stop' }, 0);
  return { turn, digest: 'd', access: '', nestId: undefined, linkLife: 0 };
}

async function claimed(sessions: ContinuedSessions, name = NAME): Promise<SessionClaim> {
  const claim = await sessions.claim(name);
  return claim === 'busy' ? expect.fail('it is busy') : claim;
}

describe('sessions that are gone on with', () => {
  it('are given to one turn at a time', async () => {
    const sessions = new ContinuedSessions(undefined);
    const first = await claimed(sessions);
    expect(first.kept).toBeUndefined();
    expect(await sessions.claim(NAME)).toBe('busy');
    const session = keptSession('a');
    await sessions.release(first, session);
    expect((await claimed(sessions)).kept?.turn).toBe(session.turn);
  });

  it('are given back once: a second release does nothing to the claim of another turn', async () => {
    const sessions = new ContinuedSessions(undefined);
    const first = await claimed(sessions);
    await sessions.release(first);
    await claimed(sessions);
    await sessions.release(first, keptSession('late'));
    expect(await sessions.claim(NAME)).toBe('busy');
  });

  it('are none after a turn that gave none back', async () => {
    const sessions = new ContinuedSessions(undefined);
    await sessions.release(await claimed(sessions));
    expect((await claimed(sessions)).kept).toBeUndefined();
  });

  it('are told apart by key, model, hint and hive', async () => {
    const sessions = new ContinuedSessions(undefined);
    await sessions.release(await claimed(sessions), keptSession('a'));
    const others = [{ keyId: 'x' }, { keyId: undefined }, { modelId: 'x' }, { hint: 'x' }, { hid: 'x' }];
    for (const other of others) expect((await claimed(sessions, { ...NAME, ...other })).kept).toBeUndefined();
  });

  it('are given up, the longest idle first, when there are too many', async () => {
    const sessions = new ContinuedSessions(undefined);
    const all: Turn[] = [];
    for (let n = 0; n <= 1_000; n++) {
      const session = keptSession(`${n}`);
      all.push(session.turn);
      await sessions.release(await claimed(sessions, { ...NAME, hint: `${n}` }), session);
    }
    expect(all.filter((turn) => turn.state.at !== 'kept')).toEqual([all[0]]);
  });

  it('are given up after half an hour, and not before', async () => {
    const sessions = new ContinuedSessions(undefined);
    const session = keptSession('a');
    const before = performance.now();
    await sessions.release(await claimed(sessions), session);
    const after = performance.now();
    sessions.sweep(before + IDLE_MS - 1);
    expect(session.turn.state.at).toBe('kept');
    sessions.sweep(after + IDLE_MS);
    expect(session.turn.state.at).toBe('over');
  });

  it('make room for a turn that needs it, the longest idle first', async () => {
    const sessions = new ContinuedSessions(undefined);
    const [one, other] = [keptSession('a'), keptSession('b')];
    await sessions.release(await claimed(sessions), one);
    await sessions.release(await claimed(sessions, { ...NAME, hint: 'two' }), other);
    expect(sessions.giveUpOldest((sid) => sid === 'b')).toBe(true);
    expect([one.turn.state.at, other.turn.state.at]).toEqual(['kept', 'over']);
    expect(sessions.giveUpOldest((sid) => sid === 'c')).toBe(false);
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

  it.each(['lock', 'take', 'set', 'unlock'] as const)(
    'at %s leaves no session busy: each replica goes on with its own',
    async (operation) => {
      const works: Pick<ReplicaStore, 'lock' | 'take' | 'set' | 'unlock'> = {
        lock: async () => ({ value: true }),
        take: async () => ({ value: undefined }),
        set: async () => ({ value: undefined }),
        unlock: async () => ({ value: true }),
      };
      const replicas = { ...store, ...works, [operation]: fails };
      const sessions = new ContinuedSessions(new SharedSessions(replicas));
      const session = keptSession('a');
      await sessions.release(await claimed(sessions), session);
      expect((await claimed(sessions)).kept?.turn).toBe(session.turn);
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
