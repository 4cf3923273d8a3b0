/** One simulated `claude` process: starts with a session or fails, lists its tools once, plays one turn after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { API_ERRORS, NO_DETAIL } from './api-errors.js';
import type { ClaudeDisk, Entry } from './disk.js';
import type { Gates } from './gates.js';
import type { McpAnswer, McpServer, McpTool } from './mcp-server.js';
import {
  type Call,
  type CallStep,
  isCallStep,
  readPrompt,
  readScript,
  type Script,
  type Step,
} from './script.js';

/** What the process was started with; the rest of its life changes nothing of it. */
export interface ProcessArguments {
  readonly sid: string;
  readonly model: string;
  readonly systemPrompt: string | undefined;
  readonly cwd: string;
  readonly allowedTools: readonly string[];
  readonly disallowedTools: readonly string[];
  readonly how: 'resume' | 'session-id';
  readonly session: string;
}

/** How the CLI behaves; a test may change it while the bee runs. */
export interface CliBehaviour {
  /** What becomes of hum's cancel frame: newer CLIs ignore it, older ones exit with code 1. */
  readonly cancel: 'ignored' | 'exits';
  /** `session-ready` comes before the MCP tools are listed, and names none of them. */
  readonly lateMcp: boolean;
  /** Every start ends without a word. */
  readonly startFails: boolean | ((start: ProcessArguments) => boolean);
  /** What the model's API refuses every call with. */
  readonly apiError: string | undefined;
  /** How long a start takes, and each call of the model's API. */
  readonly startMs: number;
  readonly apiMs: number;
  /** How long it takes until the worker hears that a process which it killed is gone. */
  readonly killMs: number;
  /** The CLI's own tools. */
  readonly ownTools: readonly string[];
  /** A `tool-call` is written ahead of the text before it in its message. */
  readonly callsOvertakeText: boolean;
}

export interface ProcessHost {
  readonly behaviour: () => CliBehaviour;
  readonly disk: ClaudeDisk;
  readonly gates: Gates;
  readonly mcp: McpServer;
  readonly write: (tone: Tone) => void;
  /** Called with each event on standard output, the process's sign of life. */
  readonly onEvent: (process: ClaudeProcess) => void;
  /** The first event was written. */
  readonly onLive: (process: ClaudeProcess) => void;
  /** The process is gone; `wasLive` is false where it had written nothing that counts. */
  readonly onExit: (process: ClaudeProcess, wasLive: boolean) => void;
}

export type ProcessState = 'starting' | 'idle' | 'running' | 'parked' | 'ended';

interface ResultEvent {
  readonly subtype: string;
  readonly is_error: boolean;
  readonly result: string | undefined;
}

interface TurnState {
  readonly script: Script;
  /** Calls of the model's API so far. */
  calls: number;
  outputTokens: number;
  /** The index of the next block of the message that is open; undefined between messages. */
  block: number | undefined;
  readonly results: string[];
  /** The answer, for the transcript. */
  text: string;
  override: Readonly<Record<string, unknown>>;
}

/** Thrown within a turn whose process is gone. */
class ProcessEnded extends Error {}

const CHARACTERS_PER_TOKEN = 4;
const TOKENS_OF_A_CALL = 20;
const THINKING_CHUNK = 20;
/** How much of a prompt's text the description of it shows. */
const SHOWN_CHARACTERS = 300;
const SIGNALLED = 1;
const HUM = 'mcp__hum__';

let processes = 0;

export class ClaudeProcess {
  readonly pid: number = ++processes;
  readonly start: ProcessArguments;
  /** True once the worker has told the end of the turn; the worker clears it with each prompt. */
  finishSent = false;
  /** Its place in the order of use. */
  lastTouched = 0;
  /** The CLI's own tools that the model ran. */
  readonly ran: Call[] = [];
  /** What came back from the calls, in order. */
  readonly answers: McpAnswer[] = [];
  /** The calls that wait for a result. */
  readonly parked = new Set<string>();
  exitCode: number | undefined;
  turns = 0;
  readonly #host: ProcessHost;
  readonly #inbox: string[] = [];
  #wake: (() => void) | undefined;
  #state: ProcessState = 'starting';
  #stdinOpen = true;
  #isLive = false;
  /** The tools of hum's server, denied ones left out; undefined until they were listed. */
  #tools: readonly McpTool[] | undefined;
  readonly #ended: Promise<never>;
  #end: (error: Error) => void = () => undefined;
  /** Text that a call is about to overtake. */
  #overtaken: Tone[] | undefined;
  /** Tones that come behind the next chunk. */
  #late: Tone[] = [];

  constructor(start: ProcessArguments, host: ProcessHost) {
    this.start = start;
    this.#host = host;
    this.#ended = new Promise((_resolve, reject) => {
      this.#end = reject;
    });
    this.#ended.catch(() => undefined);
    void this.#run().catch((error: unknown) => {
      if (!(error instanceof ProcessEnded)) throw error;
    });
  }

  get sid(): string {
    return this.start.sid;
  }

  get session(): string {
    return this.start.session;
  }

  get state(): ProcessState {
    return this.#state === 'running' && this.parked.size > 0 ? 'parked' : this.#state;
  }

  /** What `session-ready` names: the CLI's own tools, and hum's once they are listed; denied ones left out. */
  get toolNames(): readonly string[] {
    const own = this.#host.behaviour().ownTools.filter((name) => !this.start.disallowedTools.includes(name));
    return [...own, ...this.mcpToolNames.map((name) => HUM + name)];
  }

  /** The tools of hum's server that the model can call, by their plain names. */
  get mcpToolNames(): readonly string[] {
    return (this.#tools ?? []).map(({ name }) => name);
  }

  get stdinOpen(): boolean {
    return this.#stdinOpen;
  }

  /** A user message on standard input. */
  prompt(text: string): void {
    if (!this.#stdinOpen || this.#state === 'ended') return;
    this.#inbox.push(text);
    this.#wake?.();
  }

  /** hum's cancel frame on standard input. */
  cancel(): void {
    if (this.#stdinOpen && this.#host.behaviour().cancel === 'exits') this.exit(1);
  }

  /** It finishes its turn, then leaves. */
  closeStdin(): void {
    this.#stdinOpen = false;
    this.#wake?.();
  }

  kill(): void {
    this.exit(SIGNALLED, this.#host.behaviour().killMs);
  }

  /** @param reapMs how long it takes until its worker hears of it */
  exit(code: number, reapMs = 0): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#stdinOpen = false;
    this.exitCode = code;
    this.parked.clear();
    this.#end(new ProcessEnded());
    // The worker hears of it later: a prompt that is written meanwhile is lost.
    const report = () => this.#host.onExit(this, this.#isLive);
    if (reapMs > 0) setTimeout(report, reapMs).unref();
    else setImmediate(report);
  }

  async #run(): Promise<void> {
    const { start } = this;
    const { gates, disk } = this.#host;
    if (!gates.isOpen('start')) await this.#race(gates.pass('start'));
    const { startFails, startMs, lateMcp } = this.#host.behaviour();
    if (startMs > 0) await this.#sleep(startMs);
    const hasSession = disk.find(start.cwd, start.session) !== undefined;
    const fails = typeof startFails === 'function' ? startFails(start) : startFails;
    if (fails || hasSession !== (start.how === 'resume')) return this.exit(1);
    if (!lateMcp) this.#listTools();
    for (;;) {
      if (this.#inbox.length === 0 && this.#stdinOpen) {
        this.#state = this.#isLive ? 'idle' : 'starting';
        await this.#race(
          new Promise<void>((resolve) => {
            this.#wake = resolve;
          }),
        );
      }
      const text = this.#inbox.shift();
      if (text === undefined) {
        if (!this.#stdinOpen) return this.exit(0);
      } else {
        this.#state = 'running';
        await this.#turn(text);
      }
    }
  }

  #listTools(): void {
    const denied = new Set(this.start.disallowedTools);
    const tools = this.#host.mcp.list(this.sid) ?? [];
    const none = denied.has('mcp__hum') || denied.has('mcp__hum__*');
    this.#tools = none ? [] : tools.filter(({ name }) => !denied.has(HUM + name));
  }

  async #turn(text: string): Promise<void> {
    const { behaviour, disk, gates } = this.#host;
    const transcript = disk.open(this.start.cwd, this.session);
    transcript.push({ role: 'user', text });
    this.turns++;
    this.#write({
      chi: 'session-ready',
      nestId: this.session,
      model: this.start.model,
      tools: this.toolNames,
    });
    if (!this.#isLive) {
      this.#isLive = true;
      this.#host.onLive(this);
    }
    if (this.#tools === undefined) {
      await this.#race(new Promise<void>((resolve) => setImmediate(resolve)));
      if (!gates.isOpen('mcp')) await this.#race(gates.pass('mcp'));
      this.#listTools();
    }
    const names = this.mcpToolNames;
    const apiError = new Set(names).size < names.length ? API_ERRORS.namesNotUnique : behaviour().apiError;
    const { message, results } = readPrompt(text);
    const script = readScript(message) ?? { steps: [toTextStep(this.#describe(text, transcript))] };
    const turn: TurnState = {
      script,
      calls: 0,
      outputTokens: 0,
      block: undefined,
      results: [...results],
      text: '',
      override: {},
    };
    if (apiError !== undefined) {
      this.#finish(turn, { subtype: 'success', is_error: true, result: apiError });
      return;
    }
    const end = await this.#play(script.steps, results.length, turn);
    transcript.push({ role: 'assistant', text: turn.text });
    this.#finish(turn, end ?? { subtype: 'success', is_error: false, result: turn.text });
  }

  /** @param done how many calls have their results already: these are not made again, nor what stands before them */
  async #play(steps: readonly Step[], done: number, turn: TurnState): Promise<ResultEvent | undefined> {
    let skip = done;
    for (const [index, step] of steps.entries()) {
      const calls = isCallStep(step) ? toCalls(step) : undefined;
      if (skip > 0) {
        if (calls === undefined) continue;
        if (skip >= calls.length) {
          skip -= calls.length;
          continue;
        }
      }
      if (this.#isOvertaken(steps[index + 1])) this.#overtaken ??= [];
      if ('text' in step) {
        await this.#text(step.text.repeat(step.times), step.chunk, step.delayMs, turn);
      } else if ('think' in step) {
        await this.#think(step.think, turn);
      } else if (isCallStep(step)) {
        await this.#call(toCalls(step).slice(skip), step, turn);
        skip = 0;
      } else if ('builtin' in step) {
        await this.#openMessage(turn);
        turn.outputTokens += TOKENS_OF_A_CALL;
        turn.block = undefined;
        turn.results.push(this.#runOwn(step.builtin));
      } else if ('say_results' in step) {
        const text = `RESULTS ${JSON.stringify(turn.results)}`;
        await this.#text(text, text.length, 0, turn);
      } else if ('message' in step) {
        turn.block = undefined;
      } else if ('sleepMs' in step) {
        await this.#sleep(step.sleepMs);
      } else if ('hold' in step) {
        await this.#race(this.#host.gates.pass(step.hold));
      } else if ('hang' in step) {
        await this.#ended;
      } else if ('exit' in step) {
        this.exit(step.exit);
      } else if ('kill' in step) {
        this.kill();
      } else if ('error' in step) {
        return { subtype: 'success', is_error: true, result: step.error };
      } else if ('result' in step) {
        turn.override = step.result;
      } else {
        step satisfies never;
      }
      if (this.#state === 'ended') throw new ProcessEnded();
    }
    return undefined;
  }

  #isOvertaken(next: Step | undefined): boolean {
    if (next === undefined || !isCallStep(next)) return false;
    return next.overtakes ?? this.#host.behaviour().callsOvertakeText;
  }

  async #openMessage(turn: TurnState): Promise<number> {
    if (turn.block === undefined) {
      const { apiMs } = this.#host.behaviour();
      if (apiMs > 0) await this.#sleep(apiMs);
      turn.calls++;
      turn.block = 0;
    }
    return turn.block++;
  }

  async #text(text: string, chunk: number, delayMs: number, turn: TurnState): Promise<void> {
    const blockIdx = await this.#openMessage(turn);
    this.#chunk({ chunkType: 'text_start', blockIdx });
    for (let at = 0; at < text.length; at += chunk) {
      if (delayMs > 0) await this.#sleep(delayMs);
      this.#chunk({ chunkType: 'text_delta', blockIdx, delta: text.slice(at, at + chunk) });
    }
    this.#chunk({ chunkType: 'content_block_stop', blockIdx });
    turn.text += text;
    turn.outputTokens += Math.max(1, Math.floor(text.length / CHARACTERS_PER_TOKEN));
  }

  async #think(text: string, turn: TurnState): Promise<void> {
    const blockIdx = await this.#openMessage(turn);
    this.#chunk({ chunkType: 'reasoning_start', blockIdx });
    for (let at = 0; at < text.length; at += THINKING_CHUNK) {
      const delta = text.slice(at, at + THINKING_CHUNK);
      this.#chunk({ chunkType: 'reasoning_delta', blockIdx, delta });
    }
    this.#chunk({ chunkType: 'content_block_stop', blockIdx });
  }

  /** The blocks of the calls give no tone. The calls run when their message is complete. */
  async #call(calls: readonly Call[], options: CallStep, turn: TurnState): Promise<void> {
    for (const _call of calls) {
      await this.#openMessage(turn);
      turn.outputTokens += TOKENS_OF_A_CALL;
    }
    turn.block = undefined;
    const callAll = calls.map((call) => () => this.#callTool(call, options.executedLate));
    const answers: McpAnswer[] = [];
    if ('concurrent' in options && options.concurrent) {
      answers.push(...(await this.#race(Promise.all(callAll.map((run) => run())))));
    } else {
      for (const run of callAll) answers.push(await this.#race(run()));
    }
    this.#host.onEvent(this);
    this.answers.push(...answers);
    turn.results.push(...answers.map(({ text }) => text));
  }

  async #callTool({ name, input }: Call, executedLate: boolean): Promise<McpAnswer> {
    if (!this.mcpToolNames.includes(name)) {
      this.#releaseOvertaken();
      return {
        text: `<tool_use_error>Error: No such tool available: ${HUM}${name}</tool_use_error>`,
        isError: true,
      };
    }
    let id = '';
    const answer = this.#host.mcp.call({
      sid: this.sid,
      name,
      args: input,
      report: executedLate ? (tone) => this.#late.push(tone) : undefined,
      onCall: (callId) => {
        id = callId;
        this.parked.add(callId);
      },
      isWaiting: () => this.#state !== 'ended',
    });
    this.#releaseOvertaken();
    try {
      return await answer;
    } finally {
      this.parked.delete(id);
    }
  }

  #runOwn(call: Call): string {
    if (!this.toolNames.includes(call.name)) {
      return `<tool_use_error>Error: No such tool available: ${call.name}</tool_use_error>`;
    }
    this.ran.push(call);
    return `(${call.name} done)`;
  }

  #finish(turn: TurnState, end: ResultEvent): void {
    this.#releaseOvertaken();
    this.#releaseLate();
    const { subtype, is_error, result, error }: Record<string, unknown> = { ...end, ...turn.override };
    const finishReason = typeof subtype === 'string' ? subtype : 'success';
    const usage = 'usage' in turn.override ? turn.override['usage'] : toUsage(turn);
    if (is_error === true || finishReason.startsWith('error')) {
      const detail = [result, error].find((text) => typeof text === 'string');
      const message = detail === undefined || detail === '' ? NO_DETAIL : detail;
      this.#write({ chi: 'error', code: 'worker_error', subtype: finishReason, message, usage });
    } else {
      this.#write({ chi: 'finish', finishReason, usage });
    }
    this.finishSent = true;
  }

  #describe(text: string, transcript: readonly Entry[]): string {
    const { model, session, how, systemPrompt, disallowedTools, cwd } = this.start;
    return JSON.stringify({
      model,
      session,
      pid: this.pid,
      newProcess: this.turns === 1,
      how,
      users: transcript.filter(({ role }) => role === 'user').length,
      system: systemPrompt ?? null,
      disallowedTools,
      cwd,
      tools: this.mcpToolNames,
      characters: text.length,
      text: text.slice(-SHOWN_CHARACTERS),
    });
  }

  #chunk(fields: Readonly<Record<string, unknown>>): void {
    const tone = { chi: 'chunk', ...fields };
    if (this.#overtaken !== undefined) {
      this.#overtaken.push(tone);
      return;
    }
    this.#write(tone);
    this.#releaseLate();
  }

  #releaseOvertaken(): void {
    const tones = this.#overtaken ?? [];
    this.#overtaken = undefined;
    for (const tone of tones) this.#write(tone);
  }

  #releaseLate(): void {
    for (const tone of this.#late.splice(0)) this.#host.write(tone);
  }

  #write(tone: Tone): void {
    this.#host.onEvent(this);
    this.#host.write({ ...tone, sid: this.sid });
  }

  async #sleep(ms: number): Promise<void> {
    await this.#race(delay(ms, undefined, { ref: false }));
  }

  /** Waits for `promise`, but not longer than the process lives. */
  #race<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended]);
  }
}

function toCalls(step: CallStep): readonly Call[] {
  return 'tool' in step ? [step.tool] : step.tools;
}

function toTextStep(text: string): Step {
  return { text, times: 1, chunk: text.length, delayMs: 0 };
}

/** The sum over all calls of the model's API in a turn. */
function toUsage({ script, calls, outputTokens }: TurnState): unknown {
  if (script.usage !== undefined) return script.usage;
  const written = 200 * calls;
  return {
    input_tokens: 10 * calls,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: 3000 * calls,
    output_tokens: outputTokens,
    server_tool_use: { web_search_requests: 0, ...(calls === 0 && { web_fetch_requests: 0 }) },
    service_tier: 'standard',
    ...(calls > 0 && {
      cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: written },
    }),
  };
}
