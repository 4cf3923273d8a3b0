/** Clients that leave at any moment: nothing of them stays behind, on either side of the bridge. */
import { Agent } from 'node:http';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished } from 'vitest';
import { BridgeResponse } from '../../src/http/server/listener.js';
import { TurnQueue } from '../../src/thrum/turn/turn-queue.js';
import { Turn } from '../../src/thrum/turn/turn.js';
import { eventually } from '../eventually.js';
import { script, startWorld, type World } from '../front-door/world.js';
import { exchange, type Leave } from '../load/exchange.js';
import { judge } from '../load/judge.js';
import { tokensOf } from '../load/numbered-answer.js';
import { ROUTES } from '../load/routes.js';
import { SeededRandom } from '../load/seeded-random.js';

const SEED = Number(process.env['ABORT_SEED'] ?? 20_260_101);
const ABORTS = 500;
const AT_ONCE = 25;
/** What 500 turns may leave in caches of the runtime; a turn that stayed behind would be 10 KiB and more. */
const HEAP_BOUND_BYTES = 3 * 2 ** 20;

it(`leaves nothing behind after ${ABORTS} clients that left at any moment (ABORT_SEED=${SEED})`, async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => {
    if (name !== 'ExperimentalWarning') warnings.push(name);
  };
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const world = await startWorld();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());

  // The first round makes what is made once: compiled code, pools of the runtime.
  await abortMany(world, agent, new SeededRandom(SEED + 1), ABORTS / 5);
  await untilQuiet(world, agent);
  const before = { handles: handles(), heap: heapInUse() };
  const verdicts = await abortMany(world, agent, new SeededRandom(SEED), ABORTS);
  await untilQuiet(world, agent);

  expect([...verdicts.keys()].sort()).toEqual(['left', 'whole']);
  expect(verdicts.get('left')).toBeGreaterThan(ABORTS * 0.8);
  // The worker still sleeps between two tokens that nobody waits for.
  await eventually(() => expect(handlesBeyond(before.handles)).toEqual([]));
  await eventually(() => expect(alive()).toEqual({ turns: 0, queues: 0, responses: 0 }));
  expect(heapInUse() - before.heap).toBeLessThan(HEAP_BOUND_BYTES);
  expect(warnings).toEqual([]);
  expect(world.bridge.nest.link()).toBe('up');
}, 60_000);

/** With 60 tokens, longer than this test waits for anything. */
const LONG_PACE_MS = 250;

/** How many exchanges came to which verdict. */
async function abortMany(world: World, agent: Agent, random: SeededRandom, count: number) {
  const verdicts = new Map<string, number>();
  let next = 0;
  const client = async () => {
    while (next < count) {
      const route = random.pick(ROUTES);
      const stream = random.chance(0.7);
      const leave = pickLeave(random);
      // Some leave a turn that would never end by itself, or not for long.
      const isLong = stream && leave.when === 'mid-answer' && leave.bytes < 300;
      const tokens = isLong ? 60 : random.integer(1, 60);
      const answer = { id: `a${next++}`, tokens, padding: random.pick([0, 100]) };
      const content = script({
        say: tokensOf(answer),
        ms: isLong ? LONG_PACE_MS : random.pick([0, 1, 3]),
        dialect: random.pick(['chunk', 'part']),
        hang: leave.when === 'after-request' && random.chance(0.5),
      });
      const manners = {
        keepsAlive: random.chance(0.5),
        send: { pieces: 1, pauseMs: 1 },
        readPauseMs: 0,
        leave,
      };
      const body = JSON.stringify(route.toBody({ content, stream, withTool: false }));
      const { url } = world;
      const done = await exchange({
        url,
        path: route.path,
        body,
        endMark: route.endMark,
        manners,
        agent,
        boundMs: 10_000,
      });
      const verdict = judge(done, route, stream, answer);
      verdicts.set(verdict.kind, (verdicts.get(verdict.kind) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return verdicts;
}

function pickLeave(random: SeededRandom): Leave {
  switch (random.pick(['before-body', 'mid-body', 'after-request', 'mid-answer', 'at-end'] as const)) {
    case 'before-body':
      return { when: 'before-body' };
    case 'mid-body':
      return { when: 'mid-body' };
    case 'after-request':
      return { when: 'after-request', ms: random.integer(0, 20) };
    case 'mid-answer':
      return { when: 'mid-answer', bytes: random.pick([1, 200, 1_000, 2_000]) };
    case 'at-end':
      return { when: 'at-end' };
  }
}

/** Waits until nothing is open any more. */
async function untilQuiet(world: World, agent: Agent): Promise<void> {
  const { bridge } = world;
  await eventually(() => {
    const open = {
      daemon: world.daemon().openSids().length,
      bridge: bridge.nest.openSids,
      running: bridge.nest.runningTurns,
      parked: bridge.nest.parkedTurns,
      streams: bridge.openStreams,
    };
    expect(open).toEqual({ daemon: 0, bridge: 0, running: 0, parked: 0, streams: 0 });
  }, 10_000);
  // Connections that are kept alive belong to the client of this test.
  agent.destroy();
  await eventually(() => expect(process.getActiveResourcesInfo()).not.toContain('TCPSocketWrap'));
}

/** How many objects are alive that are one turn's or one answer's; each costs a walk over the whole heap. */
function alive() {
  const count = (type: typeof Turn | typeof TurnQueue | typeof BridgeResponse) =>
    queryObjects(type, { format: 'count' });
  return { turns: count(Turn), queues: count(TurnQueue), responses: count(BridgeResponse) };
}

/** Sockets, servers and timers that keep the process running. */
function handles(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name.endsWith('Wrap') || name === 'Timeout')
    .sort();
}

/** Those that there were not before. What is gone since then was a timer that was about to pass. */
function handlesBeyond(before: readonly string[]): readonly string[] {
  const known = [...before];
  return handles().filter((name) => {
    const at = known.indexOf(name);
    if (at !== -1) known.splice(at, 1);
    return at === -1;
  });
}

/** What is in use when all that can go is gone, in bytes. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
