/** The upstream worker: a worker whose turns are chat completions of an OpenAI-compatible server. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Fault } from '../core/fault.js';
import type { SlowReaders } from '../core/slow-readers.js';
import type { WorkerTool } from '../daemon/worker/worker-bee.js';
import { RunningTurn } from '../daemon/worker/turn.js';
import { type SocketHealth, ThrumClient } from '../thrum/link/client.js';
import { createRidSource, type Tone } from '../thrum/link/tone-codec.js';
import { toErrorFacts } from '../thrum/turn/worker-error.js';
import type { SocketCheck } from '../thrum/link/humd-socket.js';
import { embedTool, runEmbed } from './embed-tool.js';
import { ModelWatch } from './model-watch.js';
import { runTurn } from './run-turn.js';
import type { ServerMemory } from './server-memory.js';
import type { ThinkTags } from './think-tags.js';
import { Upstream } from './upstream.js';
import { toWorkerHello, type WorkerIntroduction } from './worker-hello.js';

/** Read at each use, but for `silenceMs`. */
export interface UpstreamLimits {
  /** How many prompts may be worked on at once, those that wait for tool results included. */
  readonly maxCells: number;
  /** How long the upstream may say nothing, in ms. */
  readonly silenceMs: number;
  /** How long a list of models counts as fresh, in ms. */
  readonly refreshMs: number;
  readonly maxToneBytes: number;
  readonly socketCheck: SocketCheck;
}

export interface UpstreamWorkerOptions {
  readonly introduction: WorkerIntroduction;
  /** Where the daemon listens; asked again at every dial. */
  readonly socketPath: () => string;
  readonly base: string;
  readonly apiKey: string | undefined;
  /** Empty: the upstream is asked for them. */
  readonly models: readonly string[];
  /** Lists the tool `embed`, which then is offered to every prompt on the mesh too. */
  readonly offerEmbed: boolean;
  /** Whether `<think>` at the beginning of an answer is looked for. */
  readonly thinkTags?: ThinkTags;
  /** What is known of the server already; absent for nothing. */
  readonly memory?: ServerMemory | undefined;
  /** Tells whose answers wait for their readers; absent where the worker cannot know. */
  readonly slowReaders?: SlowReaders | undefined;
  readonly limits: UpstreamLimits;
  readonly log: Logger;
  /** Of the line for a failed turn. `debug` where a bridge with the same log has one at `warn`. By default `warn`. */
  readonly failedTurnLevel?: 'debug' | 'warn';
}

/** How long a worker waits for the result of a tool (src/thrum/README.md, "Tones received"). */
const TOOL_RESULT_TIMEOUT_MS = 300_000;
/** How long the first hello waits for the models that it is to list. */
const FIRST_LIST_MS = 1_000;
const READY_TIMEOUT_MS = 5_000;
/** How long a request waits for a list in which its model may stand. */
const RELIST_MS = 2_000;
/** Longer than a bridge waits for a tool. */
const EMBED_TIMEOUT_MS = 60_000;

export class UpstreamWorker {
  readonly #options: UpstreamWorkerOptions;
  readonly #upstream: Upstream;
  readonly #watch: ModelWatch;
  readonly #client: ThrumClient;
  readonly #createRid = createRidSource();
  readonly #turns = new Set<RunningTurn>();
  /** The last hello of a link that is up, until the daemon has taken it. */
  #greeting:
    | { readonly rid: string; readonly taken: Promise<void>; readonly resolve: () => void }
    | undefined;

  private constructor(options: UpstreamWorkerOptions, upstream: Upstream) {
    this.#options = options;
    this.#upstream = upstream;
    const { limits, log, models, socketPath } = options;
    this.#watch = new ModelWatch({
      configured: models,
      list: (signal) => upstream.models(signal),
      limits,
      onChange: () => this.#sayHello(),
      log,
    });
    this.#client = new ThrumClient({
      socketPaths: [socketPath],
      hello: (rid) => this.#hello(rid),
      createRid: this.#createRid,
      limits: {
        get maxToneBytes() {
          return limits.maxToneBytes;
        },
        readyTimeoutMs: READY_TIMEOUT_MS,
        get socketCheck() {
          return limits.socketCheck;
        },
      },
      log,
      onUp: () => undefined,
      onTones: (tones) => {
        for (const tone of tones) this.#onTone(tone);
      },
      onLost: () => {
        this.#greeting?.resolve();
        this.#abandonAll();
      },
    });
  }

  static open(options: UpstreamWorkerOptions): UpstreamWorker {
    const { base, apiKey, memory } = options;
    return new UpstreamWorker(options, new Upstream({ base, apiKey }, memory));
  }

  /** Asks for the models, and dials when they are known or that takes too long; both for as long as it takes. */
  async start(): Promise<void> {
    await Promise.race([this.#watch.start(), delay(FIRST_LIST_MS, undefined, { ref: false })]);
    this.#client.start();
  }

  /** Resolves when the daemon knows this worker; rejects with `link-down` after `timeoutMs`. */
  whenUp(timeoutMs: number): Promise<void> {
    return this.#client.whenUp(timeoutMs, new AbortController().signal);
  }

  /** Asks the server for its models anew; resolves when the daemon knows them, or when that takes too long. */
  async relist(): Promise<void> {
    const relisted = this.#watch.askAgain().then(() => this.#greeting?.taken);
    await Promise.race([relisted, delay(RELIST_MS, undefined, { ref: false })]);
  }

  #sayHello(): void {
    if (!this.#client.isUp) return;
    const rid = this.#createRid();
    this.#greeting?.resolve();
    let resolve = () => {};
    const taken = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#greeting = { rid, taken, resolve };
    this.#client.send(this.#hello(rid));
  }

  get models(): readonly string[] {
    return this.#watch.models.map(({ id }) => id);
  }

  /** Where the routes of its server begin, as far as that was found out. */
  get base(): string {
    return this.#upstream.base;
  }

  /** Why its server cannot be asked now; undefined while it can. */
  get problem(): string | undefined {
    return this.#watch.problem;
  }

  get sockets(): readonly SocketHealth[] {
    return this.#client.sockets;
  }

  /** What other bees may call. */
  get #tools(): readonly WorkerTool[] {
    return this.#options.offerEmbed ? [embedTool] : [];
  }

  /** How many prompts are being worked on. */
  get cells(): number {
    return this.#turns.size;
  }

  /** Ends open turns as if they were cancelled, then leaves. May be called twice. */
  async close(): Promise<void> {
    this.#watch.close();
    for (const turn of this.#turns) turn.cancel();
    await this.#client.close();
  }

  #onTone(tone: Tone): void {
    const { chi, sid } = tone;
    if (chi === 'echo' && tone.rid === this.#greeting?.rid) this.#greeting?.resolve();
    if (typeof sid !== 'string') return;
    switch (chi) {
      case 'prompt':
        this.#prompt(tone, sid);
        return;
      case 'cancel':
      case 'cleanup':
        for (const turn of this.#turns) if (turn.sid === sid) turn.cancel();
        return;
      case 'tool-result':
        for (const turn of this.#turns)
          if (turn.sid === sid && turn.takeResult(String(tone['callId']), tone)) return;
        return;
      case 'tool-call':
        void this.#callTool(tone, sid);
        return;
      default:
    }
  }

  #prompt(tone: Tone, sid: string): void {
    const { maxCells } = this.#options.limits;
    if (this.#turns.size >= maxCells) {
      const message = `the worker is busy: it works on ${maxCells} prompts already`;
      this.#client.send({ chi: 'error', sid, code: 'worker_error', message });
      return;
    }
    const turn = new RunningTurn(tone, sid, {
      write: (reply) => this.#client.send(reply),
      die: () => this.#abandonAll(),
      whenRoom: () => this.#client.whenRoom() ?? this.#options.slowReaders?.whenRoom(sid),
      toolResultTimeoutMs: TOOL_RESULT_TIMEOUT_MS,
      cancelUsage: null,
    });
    this.#turns.add(turn);
    const names = new Set(this.#tools.map(({ name }) => name));
    const { limits, thinkTags = 'auto' } = this.#options;
    const options = {
      upstream: this.#upstream,
      ownTools: names,
      silenceMs: limits.silenceMs,
      thinkTags,
      onAnswer: () => this.#watch.sawAnswer(),
      onFault: (fault: Fault) => this.#onFault(fault, sid),
    };
    void turn.run((running) => runTurn(running, options)).finally(() => this.#turns.delete(turn));
  }

  /** Its cause is for whoever runs the worker: what a client is told does not say everything. */
  #onFault(fault: Fault, sid: string): void {
    this.#watch.sawFault(fault);
    const { code, reason, param, retryAfterSeconds: retryAfter } = fault;
    const cause = causeOf(fault);
    const { log, failedTurnLevel = 'warn' } = this.#options;
    log[failedTurnLevel](
      { sid, code, reason, param, retryAfter, cause },
      'a turn has failed at the upstream',
    );
  }

  /** Other calls are shown to a worker as well, where nobody has claimed their sid. */
  async #callTool(call: Tone, sid: string): Promise<void> {
    const { callId, toolName = call['name'], args }: Tone = call;
    if (!this.#tools.some(({ name }) => name === toolName)) return;
    const {
      output,
      isError = false,
      fault,
    } = await runEmbed(args, this.#upstream, AbortSignal.timeout(EMBED_TIMEOUT_MS));
    if (fault !== undefined) this.#onFault(fault, sid);
    const rid = this.#createRid();
    // hum's bees read `output`, older ones `result`.
    this.#client.send({
      ...{ chi: 'tool-result', rid, sid, callId, toolName, result: output, output, isError },
      ...(fault === undefined ? {} : { fault: toErrorFacts(fault) }),
    });
  }

  #abandonAll(): void {
    for (const turn of this.#turns) turn.abandon();
  }

  #hello(rid: string): Readonly<Record<string, unknown>> {
    return toWorkerHello(
      this.#options.introduction,
      { models: this.#watch.models, tools: this.#tools, problem: this.#watch.problem },
      rid,
    );
  }
}

/** What went wrong, in the server's own words, unless these may be about the request, whose text is in no log. */
function causeOf({ message, cause, code }: Fault): string | undefined {
  if (code === 'bad-request' || code === 'unprocessable' || code === 'context-too-long') return undefined;
  return code === 'no-access' && cause instanceof Error ? cause.message : message;
}
