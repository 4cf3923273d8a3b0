/** A steady mixed load on the built program for some minutes, while its memory is watched. */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.js';
import type { WorkerBee } from '../../src/daemon/worker/worker-bee.js';
import { type BridgeProcess, startBridgeProcess } from '../load/bridge-process.js';
import { startNumberedWorker } from '../load/numbered-worker.js';
import { SeededRandom } from '../load/seeded-random.js';
import { type Tally, TallyKeeper } from '../load/tally.js';
import { pickErrand } from './errands.js';
import type { Sample } from './verdict.js';

export interface SoakOptions {
  readonly seed: number;
  /** Not whole ones alone. */
  readonly minutes: number;
  /** Clients at a time, each of which rests a little between its errands. */
  readonly clients: number;
  /** Is given a line every 30 s. */
  print(line: string): void;
}

export interface SoakReport {
  readonly tally: Tally;
  readonly samples: readonly Sample[];
  /** In use after a collection, in bytes: at half time, and when all clients had gone. */
  readonly heap: { readonly half: number; readonly end: number };
  readonly openSids: number;
  readonly exitCode: number | null;
}

const MIB = 2 ** 20;
/** The worker's tool that makes embeddings. */
const ENV = { OLLAMA_SERVER_EMBED_TOOL: 'hash-embed' };
const SAMPLE_MS = 5_000;
const SAMPLES_PER_LINE = 6;
const MAX_REST_MS = 200;
const SETTLE_MS = 8_000;
const STOP_MS = 15_000;

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const folder = await mkdtemp(join(tmpdir(), 'soak-'));
  const agent = new Agent({ keepAlive: true });
  let daemon: Daemon | undefined;
  let worker: WorkerBee | undefined;
  let bridge: BridgeProcess | undefined;
  try {
    const socketPath = join(folder, 'thrum.sock');
    daemon = await startDaemon({
      socketPath,
      beesPath: join(folder, 'state/hum/bees.json'),
      routeUndeclaredToolResults: true,
      queueLimit: 0,
    });
    worker = await startNumberedWorker(socketPath);
    const tellsMemory = pathToFileURL(resolve('test/load/tell-memory.mjs')).href;
    bridge = await startBridgeProcess({ folder, env: ENV, tellsMemory });
    const tally = new TallyKeeper();
    const startedAt = performance.now();
    const endsAt = startedAt + options.minutes * 60_000;
    const load = keepBusy(options, endsAt, { url: bridge.url, agent }, tally);
    const watched = await watch(bridge, startedAt, endsAt, () => tally.tally().turns, options.print);
    await load;
    const settledBy = performance.now() + SETTLE_MS;
    while (daemon.openSids().length > 0 && performance.now() < settledBy) await pause(50);
    const openSids = daemon.openSids().length;
    const { heapUsed } = await bridge.memory(true);
    return {
      tally: tally.tally(),
      samples: watched.samples,
      heap: { half: watched.heapAtHalf, end: heapUsed },
      openSids,
      exitCode: await bridge.stop(STOP_MS),
    };
  } finally {
    agent.destroy();
    if (bridge?.exitCode() === undefined) await bridge?.stop(0);
    await worker?.close();
    await daemon?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function keepBusy(
  { seed, clients }: SoakOptions,
  endsAt: number,
  server: { readonly url: string; readonly agent: Agent },
  tally: TallyKeeper,
): Promise<void> {
  let ids = 0;
  const client = async (number: number) => {
    const random = new SeededRandom(seed + number);
    const place = { ...server, random, nextId: () => `s${ids++}` };
    while (performance.now() < endsAt) {
      const errand = pickErrand(random);
      tally.add(await errand.run(place), errand.name);
      await pause(random.integer(0, MAX_REST_MS));
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
}

async function watch(
  bridge: BridgeProcess,
  startedAt: number,
  endsAt: number,
  turns: () => number,
  print: (line: string) => void,
) {
  const samples: Sample[] = [];
  let heapAtHalf = 0;
  let turnsBefore = 0;
  let secondBefore = 0;
  while (performance.now() < endsAt) {
    await pause(Math.min(SAMPLE_MS, Math.max(1, (endsAt - startedAt) / 20)));
    const { rss, heapUsed } = await bridge.memory(false);
    const second = (performance.now() - startedAt) / 1000;
    samples.push({ second, rss });
    if (heapAtHalf === 0 && performance.now() >= (startedAt + endsAt) / 2) {
      heapAtHalf = (await bridge.memory(true)).heapUsed;
    }
    if (samples.length % SAMPLES_PER_LINE !== 0) continue;
    const perSecond = (turns() - turnsBefore) / (second - secondBefore);
    print(
      `${second.toFixed(0).padStart(5)} s  rss ${inMib(rss)} MiB  heap ${inMib(heapUsed)} MiB  ${turns()} requests  ${perSecond.toFixed(1)}/s`,
    );
    turnsBefore = turns();
    secondBefore = second;
  }
  return { samples, heapAtHalf };
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(1).padStart(6);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
