/** Carries a plan out: the bridge as a process of its own, an unreliable humd before it and unreliable clients behind it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type BridgeProcess, startBridgeProcess } from '../load/bridge-process.js';
import { exchange, type Manners } from '../load/exchange.js';
import { judge, type Verdict } from '../load/judge.js';
import { type Order, toMessage } from '../load/numbered-worker.js';
import type { LoadRoute, Question } from '../load/route.js';
import { ROUTES } from '../load/routes.js';
import { type Tally, TallyKeeper } from '../load/tally.js';
import { createPlan, type PlannedTurn, type PlanSize } from './plan.js';
import { UnreliableHumd } from './unreliable-humd.js';

export interface ChaosReport {
  readonly planHash: string;
  readonly tally: Tally;
  /** By kind. */
  readonly injected: ReadonlyMap<string, number>;
  /** Ids of turns that were prompted more than once. */
  readonly runTwice: readonly string[];
  /** Sids that were open when all clients had gone, and those that were when the bridge had. */
  readonly openSids: { readonly before: number; readonly after: number };
  /** Of the bridge, in bytes. */
  readonly rss: { readonly before: number; readonly after: number };
  /** The longest time in which this process, humd and clients in one, did nothing for anybody, in ms: not the bridge's fault. */
  readonly longestBlockMs: number;
  /** Of the bridge, when it was told to end. */
  readonly exitCode: number | null;
  /** What the bridge wrote on standard error. */
  readonly log: string;
}

const MIB = 2 ** 20;
const NANOSECONDS_PER_MS = 1e6;

/** Short, so that what never comes is noticed within the run. */
const ENV = {
  OLLAMA_SERVER_TURN_TIMEOUT_MS: '2500',
  OLLAMA_SERVER_PROMPT_TIMEOUT_MS: '2000',
  OLLAMA_SERVER_READY_TIMEOUT_MS: '2000',
  OLLAMA_SERVER_HEADER_HOLD_MS: '400',
  OLLAMA_SERVER_CLIENT_STALL_MS: '1500',
  OLLAMA_SERVER_MAX_BUFFER_BYTES: '262144',
  OLLAMA_SERVER_MAX_TONE_BYTES: String(MIB),
  OLLAMA_SERVER_DRAIN_DELAY_MS: '0',
  OLLAMA_SERVER_DRAIN_MS: '1000',
};
const BIG_LINE_BYTES = 2 * MIB;
/** No turn takes longer than that, whatever was done to it; a client that has no end by then never gets one. */
const CLIENT_BOUND_MS = 20_000;
/** The bridge forgets a cancelled turn after 5 s at the latest. */
const SETTLE_MS = 8_000;
const STOP_MS = 10_000;

export async function runChaos(size: PlanSize): Promise<ChaosReport> {
  const plan = createPlan(size);
  const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  const faults = plan.turns.flatMap(({ order, fault }) => (fault ? [[order.id, fault] as const] : []));
  const humd = new UnreliableHumd({
    folder,
    faults: new Map(faults),
    routesToolResults: size.seed % 2 === 0,
    bigLineBytes: BIG_LINE_BYTES,
  });
  const agent = new Agent({ keepAlive: true });
  const blocks = monitorEventLoopDelay({ resolution: 10 });
  let bridge: BridgeProcess | undefined;
  try {
    await humd.start();
    bridge = await startBridgeProcess({ folder, env: ENV });
    const rssBefore = bridge.rss();
    blocks.enable();
    const tally = new TallyKeeper();
    const { url } = bridge;
    const turns = plan.turns.map(async (turn) => {
      await pause(turn.at);
      await takeTurn(turn, { url, agent, tally });
    });
    const events = plan.events.map(async ({ at, fault }) => {
      await pause(at);
      await humd.cause(fault);
    });
    await Promise.all([...turns, ...events]);
    agent.destroy();
    await untilNone(() => humd.openSids());
    const before = humd.openSids().length;
    const rssAfter = bridge.rss();
    const exitCode = await bridge.stop(STOP_MS);
    // What the bridge sent last, cancels of parked turns among it, may be read by humd after its exit is seen.
    await untilNone(() => humd.openOrParkedSids());
    return {
      planHash: plan.hash,
      tally: tally.tally(),
      injected: humd.injected,
      runTwice: [...humd.prompts].filter(([, count]) => count > 1).map(([id]) => id),
      openSids: { before, after: humd.openOrParkedSids().length },
      rss: { before: rssBefore, after: rssAfter },
      longestBlockMs: blocks.max / NANOSECONDS_PER_MS,
      exitCode,
      log: bridge.log(),
    };
  } finally {
    blocks.disable();
    agent.destroy();
    if (bridge?.exitCode() === undefined) await bridge?.stop(0);
    await humd.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly url: string;
  readonly agent: Agent;
  readonly tally: TallyKeeper;
}

/** Asks once or, where the answer is a call of the tool, a second time with its result. */
async function takeTurn(turn: PlannedTurn, place: Place): Promise<void> {
  const { path, stream, order, manners, continuation } = turn;
  const route = ROUTES.find((candidate) => candidate.path === path);
  if (route === undefined) throw new Error(`no such route: ${path}`);
  const question = { content: toMessage(order), stream, withTool: continuation !== undefined };
  const verdict = await ask(route, question, order, manners, place);
  if (continuation === undefined || verdict.kind !== 'calls') return;
  const results = { calls: verdict.calls, output: toMessage(continuation.order) };
  await ask(route, { ...question, results }, continuation.order, continuation.manners, place);
}

async function ask(
  route: LoadRoute,
  question: Question,
  order: Order,
  manners: Manners,
  { url, agent, tally }: Place,
): Promise<Verdict> {
  const { path, endMark } = route;
  const body = JSON.stringify(route.toBody(question));
  const done = await exchange({ url, path, body, endMark, manners, agent, boundMs: CLIENT_BOUND_MS });
  const verdict = judge(done, route, question.stream, order);
  const what = `${order.id} ${path} ${question.stream ? 'streamed' : 'whole'} ${JSON.stringify(manners)}`;
  tally.add(verdict, what, manners.readPauseMs > 0);
  return verdict;
}

async function untilNone(sids: () => readonly string[]): Promise<void> {
  const end = performance.now() + SETTLE_MS;
  while (sids().length > 0 && performance.now() < end) await pause(20);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
