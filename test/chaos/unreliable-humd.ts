/** The daemon of a run and its worker, with everything that can go wrong with them at hand. */
import { join } from 'node:path';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.js';
import type { DaemonClient, Direction } from '../../src/daemon/connection.js';
import type { WorkerBee } from '../../src/daemon/worker/worker-bee.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { orderOf, startNumberedWorker } from '../load/numbered-worker.js';
import type { MeshFault, TurnFault } from './turn-fault.js';

export interface UnreliableHumdOptions {
  /** Where `thrum.sock` and `state/hum/bees.json` go. */
  readonly folder: string;
  /** By the id of the turn. */
  readonly faults: ReadonlyMap<string, TurnFault>;
  /** Delivers results to parked workers, which humd does only for tools of a hello. */
  readonly routesToolResults: boolean;
  /** A line that is longer than the bridge takes, in bytes. */
  readonly bigLineBytes: number;
}

/** A turn as it passes by. */
interface Passing {
  readonly fault: TurnFault | undefined;
  /** Tones of it that came to the bridge. */
  tones: number;
  isParked: boolean;
}

export class UnreliableHumd {
  /** How often each fault was done, by kind. */
  readonly injected = new Map<string, number>();
  /** How often each turn was prompted, by its id. More than once: it was run twice. */
  readonly prompts = new Map<string, number>();
  readonly #options: UnreliableHumdOptions;
  readonly #passing = new Map<string, Passing>();
  #daemon: Daemon | undefined;
  #worker: WorkerBee | undefined;
  /** What goes away and comes back does so one after the other. */
  #busy: Promise<void> = Promise.resolve();

  constructor(options: UnreliableHumdOptions) {
    this.#options = options;
  }

  /** Resolves when the worker stands in bees.json. */
  async start(): Promise<void> {
    const { folder, routesToolResults } = this.#options;
    this.#daemon = await startDaemon({
      socketPath: join(folder, 'thrum.sock'),
      beesPath: join(folder, 'state/hum/bees.json'),
      routeUndeclaredToolResults: routesToolResults,
      // A tone that is dropped for lack of room cannot be told from one that the bridge lost: only the plan drops any.
      queueLimit: 0,
      filter: (tone, direction, client) => this.#pass(tone, direction, client),
    });
    this.#worker = await startNumberedWorker(this.#daemon.socketPath);
  }

  /** Resolves when what went away is there again. */
  cause(fault: MeshFault): Promise<void> {
    this.#busy = this.#busy.then(() => this.#cause(fault));
    return this.#busy;
  }

  /** Sids that a worker was prompted for and that nobody ended, without those of workers that wait for a tool's result. */
  openSids(): readonly string[] {
    return (this.#daemon?.openSids() ?? []).filter((sid) => this.#passing.get(sid)?.isParked !== true);
  }

  /** All of them. */
  openOrParkedSids(): readonly string[] {
    return this.#daemon?.openSids() ?? [];
  }

  async close(): Promise<void> {
    await this.#busy;
    await this.#worker?.close();
    await this.#daemon?.close();
  }

  async #cause(fault: MeshFault): Promise<void> {
    this.#count(fault.kind);
    switch (fault.kind) {
      case 'break-link':
        this.#daemon?.disconnectAll();
        return;
      case 'restart-humd':
        await this.#daemon?.close();
        await pause(fault.downMs);
        return this.start();
      case 'kill-worker':
        this.#worker?.kill();
        await pause(fault.downMs);
        if (this.#daemon) this.#worker = await startNumberedWorker(this.#daemon.socketPath);
        return;
      case 'garbage':
        for (const line of GARBAGE) this.#daemon?.sendRaw(`${line}\n`);
        return;
      case 'big-line':
        this.#daemon?.sendRaw(`{"chi":"log","text":"${'x'.repeat(this.#options.bigLineBytes)}"}\n`);
        return;
      default:
        fault satisfies never;
    }
  }

  #pass(tone: Tone, direction: Direction, client: DaemonClient): Tone | undefined {
    if (client.manifest?.bee.includes('worker') || typeof tone.sid !== 'string') return tone;
    if (direction === 'in') return tone.chi === 'prompt' ? this.#passPrompt(tone, tone.sid) : tone;
    const turn = this.#passing.get(tone.sid);
    return turn === undefined ? tone : this.#passToBridge(tone, turn);
  }

  #passPrompt(prompt: Tone, sid: string): Tone | undefined {
    const id = orderOf(prompt)?.id ?? '';
    this.prompts.set(id, (this.prompts.get(id) ?? 0) + 1);
    const fault = this.#options.faults.get(id);
    this.#passing.set(sid, { fault, tones: 0, isParked: false });
    if (fault?.kind !== 'drop-prompt') return prompt;
    this.#count(fault.kind);
    return undefined;
  }

  #passToBridge(tone: Tone, turn: Passing): Tone | undefined {
    const { fault } = turn;
    turn.isParked = tone.chi === 'tool-call';
    turn.tones++;
    if (fault === undefined || tone.chi === 'echo') return tone;
    const isEnd = tone.chi === 'finish' || tone.chi === 'error';
    const isHit =
      fault.kind === 'mute'
        ? turn.tones > fault.after
        : fault.kind === 'drop-chunk'
          ? tone.chi === 'chunk' && tone['index'] === fault.index
          : isEnd;
    if (!isHit) return tone;
    if (fault.kind !== 'mute' || turn.tones === fault.after + 1) this.#count(fault.kind);
    switch (fault.kind) {
      case 'drop-chunk':
      case 'drop-finish':
      case 'mute':
        return undefined;
      case 'repeat-finish':
        this.#sendAfterwards(tone);
        return tone;
      case 'late-tones':
        this.#sendAfterwards({ chi: 'chunk', sid: tone.sid, chunkType: 'text_delta', delta: 'late ' });
        this.#sendAfterwards({
          chi: 'chunk',
          sid: tone.sid,
          index: 0,
          part: { type: 'text', text: 'late ' },
        });
        return tone;
      default:
        return tone;
    }
  }

  /** Behind the tone that is passing. */
  #sendAfterwards(tone: Tone): void {
    setImmediate(() => this.#daemon?.sendRaw(`${JSON.stringify(tone)}\n`));
  }

  #count(kind: string): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
  }
}

const GARBAGE = [
  '',
  'null',
  'nonsense',
  '{"chi":',
  '[]',
  '7',
  '{"chi":5}',
  '{"no":"chi"}',
  '{"chi":"chunk"}',
  '{"chi":"finish","sid":"nobody\'s"}',
  '{"chi":"error","sid":null,"message":7}',
  '\u0000\ufffd',
];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
