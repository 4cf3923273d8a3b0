/** The stand-in, the load client and the bridges of a run, and what their requests lost. */
import { join, resolve } from 'node:path';
import { type BridgeProcess, startBridgeProcess } from '../load/bridge-process.js';
import { Child } from './child.js';
import type { DirectTarget, Job, JobResult, Surface, Target } from './load/job.js';
import { type Dialect, MODEL } from './order.js';
import { cpuMs } from './process-usage.js';
import type { Sizes } from './sizes.js';
import { PROFILE_VARIABLE } from './write-profile.js';

/** What must not be. */
export interface Losses {
  lost: number;
  misordered: number;
  duplicated: number;
  failed: number;
  readonly failures: Set<string>;
}

export interface BenchOptions {
  /** For the socket, the roster and the bridges' homes. */
  readonly folder: string;
  readonly sizes: Sizes;
  readonly surfaces: readonly Surface[];
  readonly dialect: Dialect;
  /** Which token the stand-in leaves out, counted over all; 0 for none. */
  readonly leftOut: number;
  /** Where the bridges write CPU profiles. */
  readonly profiles?: string | undefined;
  /** `floor`: a bridge that does nothing but what it must (floor/main.ts). */
  readonly compared?: Compared | 'floor' | undefined;
}

/** A server beside which the bridge is measured. */
export interface Compared {
  readonly host: string;
  readonly port: number;
  readonly model: string;
  readonly apiKey: string | undefined;
  readonly surfaces: readonly Surface[];
  /** Of a process on this machine, whose CPU time is counted too. */
  readonly pid: number | undefined;
}

/** Where requests go, and whose CPU time that costs. */
export interface Subject {
  readonly target: Target;
  readonly pid: number | undefined;
}

export interface Measured {
  readonly result: JobResult;
  /** What the subject's process used for it; undefined where nobody tells. */
  readonly cpuMs: number | undefined;
}

/** A job without what all jobs of a run have in common. */
export type Load = Partial<Job> & Pick<Job, 'requests' | 'concurrency' | 'tokens'>;

interface StandInStatus {
  readonly openSids: number;
  readonly dropped: number;
}

/** Limits that keep a machine of one user safe and a bench from running. */
const RAISED_LIMITS = {
  OLLAMA_SERVER_MAX_TURNS: '100000',
  OLLAMA_SERVER_MAX_CONNECTIONS: '100000',
  OLLAMA_SERVER_CONTEXT_LENGTH: '100000000',
};
const STOP_TIMEOUT_MS = 10_000;
const SETTLE_STEP_MS = 100;
const SETTLE_STEPS = 40;
/** A process that uses less in one step has nothing left to do. */
const QUIET_CPU_MS = 1;

export class Bench {
  readonly sizes: Sizes;
  /** In the order in which they are measured. */
  surfaces: readonly Surface[];
  readonly losses: Losses = { lost: 0, misordered: 0, duplicated: 0, failed: 0, failures: new Set() };
  /** The stand-in without a bridge. */
  readonly direct: Subject & { readonly target: DirectTarget };
  readonly #options: BenchOptions;
  readonly #standIn: Child;
  readonly #load: Child;
  /** Started with the stand-in that it dials. */
  #floor: Child | undefined;
  #compared: Compared | undefined;
  /** For what is asked beside another load; started when it is needed. */
  #secondLoad: Child | undefined;
  /** Started when it is needed. */
  #server: Child | undefined;
  #listening: Promise<{ readonly port: number; readonly pid: number }> | undefined;
  readonly #bridges = new Set<BridgeProcess>();
  #shared: Promise<BridgeProcess> | undefined;

  constructor(options: BenchOptions) {
    const { folder, sizes, surfaces, leftOut } = options;
    this.#options = options;
    this.sizes = sizes;
    this.surfaces = surfaces;
    const socketPath = join(folder, 'thrum.sock');
    const beesPath = join(folder, 'state/hum/bees.json');
    this.direct = { target: { kind: 'direct', socketPath }, pid: undefined };
    this.#standIn = new Child('./stand-in/main.js', [socketPath, beesPath, String(leftOut)]);
    this.#load = new Child('./load/main.js');
    if (options.compared !== 'floor') this.#compared = options.compared;
  }

  /** Resolves when bees can dial the stand-in. */
  async start(): Promise<void> {
    await this.#standIn.hear();
    if (this.#options.compared !== 'floor') return;
    const { socketPath } = this.direct.target;
    const floor = new Child('./floor/main.js', [socketPath]);
    this.#floor = floor;
    const { port } = await floor.hear<{ readonly port: number }>();
    const { pid } = floor;
    this.#compared = {
      host: '127.0.0.1',
      port,
      model: MODEL,
      apiKey: undefined,
      surfaces: this.surfaces,
      pid,
    };
  }

  /** A bridge that nothing was asked of before. */
  async startBridge(
    env: Readonly<Record<string, string>> = {},
    nest?: readonly string[],
  ): Promise<BridgeProcess> {
    const { folder, profiles } = this.#options;
    const profiling = profiles && {
      NODE_OPTIONS: `--import ${new URL('./write-profile.js', import.meta.url)}`,
      [PROFILE_VARIABLE]: resolve(profiles),
    };
    const bridge = await startBridgeProcess({
      folder,
      env: { ...RAISED_LIMITS, ...profiling, ...env },
      nest,
    });
    this.#bridges.add(bridge);
    return bridge;
  }

  /** A server of OpenAI's API, for a bridge to stand in front of; the same one each time. */
  startServer(): Promise<{ readonly port: number; readonly pid: number }> {
    this.#server ??= new Child('./server/main.js');
    const { pid } = this.#server;
    this.#listening ??= this.#server.hear<{ readonly port: number }>().then(({ port }) => ({ port, pid }));
    return this.#listening;
  }

  async stopBridge(bridge: BridgeProcess): Promise<void> {
    this.#bridges.delete(bridge);
    await bridge.stop(STOP_TIMEOUT_MS);
  }

  /** The bridge that most scenarios have in common, warmed up. */
  sharedBridge(): Promise<BridgeProcess> {
    this.#shared ??= this.#startShared();
    return this.#shared;
  }

  subject(bridge: BridgeProcess, surface: Surface): Subject {
    const { hostname, port } = new URL(bridge.url);
    const target = { kind: 'http', host: hostname, port: Number(port), surface, model: MODEL } as const;
    return { target, pid: bridge.pid };
  }

  /** Undefined where the server that is compared, if there is one, does not speak that. */
  compared(surface: Surface): Subject | undefined {
    const compared = this.#compared;
    if (!compared?.surfaces.includes(surface)) return undefined;
    const { host, port, model, apiKey, pid } = compared;
    return { target: { kind: 'http', host, port, surface, model, apiKey }, pid };
  }

  /** Sends requests and counts what was lost of their answers. */
  run(subject: Subject, load: Load): Promise<JobResult> {
    return this.#run(this.#load, subject, load);
  }

  /** The same from a second process, while the first one has its hands full. */
  runBeside(subject: Subject, load: Load): Promise<JobResult> {
    this.#secondLoad ??= new Child('./load/main.js');
    return this.#run(this.#secondLoad, subject, load);
  }

  async #run(child: Child, { target }: Subject, load: Load): Promise<JobResult> {
    const job: Job = {
      connections: 'kept',
      stream: true,
      paceMs: 0,
      dialect: this.#options.dialect,
      ending: 'whole',
      historyCharacters: 0,
      target,
      ...load,
    };
    const result = await child.ask<JobResult | { error: string }>(job);
    if ('error' in result) throw new Error(result.error);
    for (const kind of ['lost', 'misordered', 'duplicated', 'failed'] as const)
      this.losses[kind] += result[kind];
    for (const failure of result.failures) this.losses.failures.add(failure);
    return result;
  }

  /** The same, with the CPU time of the process that answers. */
  async measure(subject: Subject, load: Load): Promise<Measured> {
    const { pid } = subject;
    const before = pid === undefined ? undefined : cpuMs(pid);
    const result = await this.run(subject, load);
    if (pid === undefined || before === undefined) return { result, cpuMs: undefined };
    await this.settle(pid);
    return { result, cpuMs: (cpuMs(pid) ?? Number.NaN) - before };
  }

  /** Breaks the connections of answers that are held open. */
  async release(): Promise<void> {
    await this.#load.ask('release');
  }

  /** Resolves when a process has nothing left to do. */
  async settle(pid: number): Promise<void> {
    await pause(this.sizes.settleMs);
    let used = cpuMs(pid) ?? 0;
    for (let step = 0; step < SETTLE_STEPS; step++) {
      await pause(SETTLE_STEP_MS);
      const now = cpuMs(pid) ?? 0;
      if (now - used < QUIET_CPU_MS) return;
      used = now;
    }
  }

  /** What a bridge does before it is measured: its code is compiled by then, and its memory has the size of a bridge at work. */
  async warmUp(bridge: BridgeProcess): Promise<void> {
    for (const surface of this.surfaces) await this.#warmUp(this.subject(bridge, surface));
  }

  async #warmUp(subject: Subject): Promise<void> {
    const { requests, tokens } = this.sizes.warmUp;
    await this.run(subject, { requests, concurrency: 8, tokens: 5, stream: false });
    await this.run(subject, { requests: 64, concurrency: 64, tokens });
    await this.run(subject, { requests, concurrency: 1, tokens: 3, connections: 'new' });
  }

  /** Counts as a request that failed. */
  fail(why: string): void {
    this.losses.failed++;
    this.losses.failures.add(why);
  }

  /** Sids that the stand-in still answers. */
  async openSids(): Promise<number> {
    return (await this.#standIn.ask<StandInStatus>('status')).openSids;
  }

  /** From now on the stand-in drops what it has for a bee with so many unread tones; 0: it drops nothing. */
  async limitUnread(unreadTones: number): Promise<void> {
    await this.#standIn.ask({ unreadTones });
  }

  /** Tones that the stand-in has dropped so far. */
  async dropped(): Promise<number> {
    return (await this.#standIn.ask<StandInStatus>('status')).dropped;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#bridges].map((bridge) => this.stopBridge(bridge)));
    this.#load.close();
    this.#floor?.close();
    this.#server?.close();
    this.#secondLoad?.close();
    this.#standIn.close();
  }

  async #startShared(): Promise<BridgeProcess> {
    const bridge = await this.startBridge();
    const { requests, tokens } = this.sizes.warmUp;
    await this.run(this.direct, { requests, concurrency: 1, tokens: 3 });
    await this.run(this.direct, { requests: 64, concurrency: 64, tokens });
    await this.warmUp(bridge);
    // Others' servers are taken as they are.
    for (const surface of this.#floor === undefined ? [] : this.surfaces) {
      const floor = this.compared(surface);
      if (floor) await this.#warmUp(floor);
    }
    return bridge;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
