/** Tools that a turn waits for, and what is made of the list that a worker's process gives of its own: with turns as the link has them. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { Tool, TurnRequest } from '../../src/core/request.js';
import { UNKNOWN_WORKER } from '../../src/core/worker-profile.js';
import { DeclaredTools, MAX_DEFINITIONS } from '../../src/thrum/tools/declared-tools.js';
import { ToolAccess } from '../../src/thrum/tools/tool-access.js';
import type { Turn } from '../../src/thrum/turn/turn.js';
import { readableLog } from '../log-lines.js';
import { modelOf } from '../model.js';
import { asking, startTurns, TARGET } from './open-turns.js';

const toolOf = (name: string): Tool => ({ name, inputSchema: { type: 'object' } });
const profile = { ...UNKNOWN_WORKER, greets: true, callsMeshTools: true, isClaude: true };
const requestOf = (...names: readonly string[]): TurnRequest =>
  asking('hi', { tools: names.map(toolOf), resolved: modelOf('m', { profile }) });
const FACTS = {
  model: 'm',
  toolNames: new Set<string>(),
  promptCharacters: () => 0,
  showWorkerTools: false,
  keepsAnswer: false,
  greets: true,
};
/** Lets everything go on that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function start() {
  const { turns } = startTurns();
  const { log, saying } = readableLog();
  const declared = new DeclaredTools({
    owner: 'hid',
    configured: [],
    declare: () => undefined,
    letGoKept: () => false,
    now: () => performance.now(),
  });
  const access = new ToolAccess({
    declared,
    limits: { queueTimeoutMs: 60_000 },
    isListed: () => true,
    othersTools: () => [],
    log,
  });
  let sids = 0;
  /** Takes the tools of a request, sends its prompt and waits for what its process lists. */
  const begin = async (request: TurnRequest, attempt = 1, worker = 'worker-1') => {
    const signal = new TurnAbort();
    const use = await access.take(request, signal);
    const turn = turns.create(`sid ${sids++}`, signal);
    access.give(turn, use, request);
    turns.prompt(turn, `rid ${sids}`, { chi: 'prompt', sid: turn.sid }, FACTS, worker, signal);
    const verdict = access.check(turn, request, attempt);
    const meshNames = [...(use?.clientNames.keys() ?? [])].map((name) => `mcp__hum__${name}`);
    return { turn, signal, verdict, meshNames, request };
  };
  const ready = ({ sid }: Turn, tools: readonly string[]) =>
    turns.accept([{ chi: 'session-ready', sid, nestId: 'n', tools }]);
  return { access, turns, declared, begin, ready, saying };
}

/** What has become of a promise so far. */
function watch(promise: Promise<unknown>) {
  const seen = { at: 'waiting' };
  promise.then(
    () => (seen.at = 'done'),
    () => (seen.at = 'failed'),
  );
  return seen;
}

describe('new tools', () => {
  it('wait until no process is starting, which would list them as well', async () => {
    const { access, begin, ready } = start();
    const [one, other] = [await begin(requestOf('a')), await begin(requestOf('a'))];
    const taking = watch(access.take(requestOf('b'), new TurnAbort()));
    await settle();
    expect(taking.at).toBe('waiting');
    ready(one.turn, one.meshNames);
    await settle();
    expect(taking.at).toBe('waiting');
    ready(other.turn, other.meshNames);
    await settle();
    expect(taking.at).toBe('done');
  });

  it.each<[string, (world: ReturnType<typeof start>, turn: Turn, signal: TurnAbort) => unknown]>([
    ['its client has left', (_, __, signal) => signal.abort()],
    ['it has failed', ({ turns }, { sid }) => turns.accept([{ chi: 'error', sid, message: 'no' }])],
    ['it has said something else', ({ turns }, { sid }) => turns.accept([{ chi: 'pulse', sid }])],
  ])('wait no longer for a process when %s', async (_, end) => {
    const world = start();
    const { turn, signal } = await world.begin(requestOf('a'));
    const taking = watch(world.access.take(requestOf('b'), new TurnAbort()));
    end(world, turn, signal);
    await settle();
    expect(taking.at).toBe('done');
  });

  it('wait five seconds at most, and no longer than their client', async () => {
    const { access, begin } = start();
    await begin(requestOf('a'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const left = new TurnAbort();
    const [taking, leaving] = [
      watch(access.take(requestOf('b'), new TurnAbort())),
      watch(access.take(requestOf('c'), left)),
    ];
    left.abort();
    await vi.advanceTimersByTimeAsync(4_999);
    expect([taking.at, leaving.at]).toEqual(['waiting', 'failed']);
    await vi.advanceTimersByTimeAsync(1);
    expect(taking.at).toBe('done');
  });

  it('wait for those that were starting when they came, which lack what is denied to all that start since', async () => {
    const { access, begin, ready } = start();
    const { turn, meshNames } = await begin(requestOf('a'));
    const taking = access.take(requestOf('b'), new TurnAbort());
    const seen = watch(taking);
    const later = await begin(requestOf('a'));
    const denied = access.denied(later.request, access.useOf(later.turn));
    ready(turn, meshNames);
    await settle();
    expect(seen.at).toBe('done');
    const [name] = [...((await taking)?.clientNames.keys() ?? [])];
    expect(denied).toContain(`mcp__hum__${name}`);
  });

  it('do not wait for a process that has nothing of the mesh', async () => {
    const { access, begin } = start();
    await begin(requestOf());
    await access.take(requestOf('b'), new TurnAbort());
  });

  it('that come at once are declared together, so that each prompt denies the others', async () => {
    const { begin, access } = start();
    const all = await Promise.all(['a', 'b', 'c'].map((name) => begin(requestOf(name))));
    for (const { turn, request, meshNames } of all) {
      const others = all.flatMap((one) => one.meshNames).filter((name) => !meshNames.includes(name));
      expect(others).toHaveLength(2);
      const denied = access.denied(request, access.useOf(turn)) ?? [];
      expect(denied.filter((name) => others.includes(name)).sort()).toEqual([...others].sort());
    }
  });

  it('do not wait for a turn whose prompt could not be sent', async () => {
    const world = startTurns();
    world.sent.push = (...records) => {
      if (records.some(({ tone }) => tone.chi === 'prompt')) throw new Error('the link cannot take it');
      return Array.prototype.push.apply(world.sent, records);
    };
    await expect(world.opener.open(requestOf('a'), TARGET, new TurnAbort())).rejects.toThrow('cannot');
    world.sent.push = Array.prototype.push;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    void world.opener.open(requestOf('b'), TARGET, new TurnAbort());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.tones('prompt')).toHaveLength(1);
  });

  it('of a kept turn that is not gone on with, because the link broke meanwhile, are not in use', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const listed = { isListed: false };
    const world = startTurns({ isStateful: true, isListed: () => listed.isListed });
    const request = requestOf('a', 'b');
    await world.opener.open(request, TARGET, new TurnAbort());
    const sid = world.tones('prompt')[0]?.sid;
    world.turns.accept([{ chi: 'finish', sid, finishReason: 'stop' }]);
    listed.isListed = true;
    const said = { role: 'assistant' as const, content: [], toolCalls: [] };
    const messages = [...request.messages, said, ...asking('two').messages];
    const opening = world.opener.open({ ...request, messages }, TARGET, new TurnAbort());
    const refused = expect(opening).rejects.toMatchObject({ code: 'link-down' });
    await vi.advanceTimersByTimeAsync(10);
    world.opener.onLost();
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
    const toolsOf = () => Object(world.tones('hello').at(-1)?.['tools']).length;
    expect(toolsOf()).toBe(2);
    await vi.advanceTimersByTimeAsync(3_600_000);
    world.opener.onSweep(performance.now());
    expect(toolsOf()).toBe(1);
  });

  it('do not wait where they are declared already', async () => {
    const { access, begin } = start();
    await begin(requestOf('a', 'b'));
    const taking = watch(access.take(requestOf('b'), new TurnAbort()));
    await settle();
    expect(taking.at).toBe('done');
  });

  it('have the room of those whose turn is over', async () => {
    const { access, begin, ready } = start();
    const names = Array.from({ length: MAX_DEFINITIONS }, (_, index) => `t${index}`);
    const { turn, meshNames } = await begin(requestOf(...names));
    ready(turn, meshNames);
    const taking = watch(access.take(requestOf('b'), new TurnAbort()));
    await settle();
    expect(taking.at).toBe('waiting');
    access.release(turn);
    access.release(turn);
    await settle();
    expect(taking.at).toBe('done');
  });
});

describe('the list of a process', () => {
  it('is fine with exactly the tools of the request', async () => {
    const { begin, ready } = start();
    const { turn, verdict, meshNames } = await begin(requestOf('a', 'b'));
    ready(turn, meshNames);
    expect(await verdict).toBe('fine');
  });

  it('with tools beyond that has the prompt go out again, which denies the worker’s own by name from then on', async () => {
    const { access, begin, ready, saying } = start();
    const { turn, verdict, meshNames, request } = await begin(requestOf('a'));
    ready(turn, [...meshNames, 'NewTool', 'mcp__hum__other']);
    expect(await verdict).toBe('again');
    expect(saying('tools that its turn may not use')).toHaveLength(1);
    const denied = access.denied(request, access.useOf(turn));
    expect(denied).toContain('NewTool');
    expect(denied?.filter((name) => name === 'mcp__hum__other')).toEqual([]);
  });

  it('without some has it go out again once, and then once for each worker is believed to come late', async () => {
    const { begin, ready, saying } = start();
    const verdictOf = async (attempt: number, worker: string) => {
      const { turn, verdict } = await begin(requestOf('a'), attempt, worker);
      ready(turn, []);
      return verdict;
    };
    expect(await verdictOf(1, 'worker-1')).toBe('again');
    expect(await verdictOf(2, 'worker-1')).toBe('unconfirmed');
    expect(await verdictOf(1, 'worker-1')).toBe('unconfirmed');
    expect(await verdictOf(1, 'worker-2')).toBe('again');
    expect(saying('before it has its tools')).toHaveLength(1);
  });
});
