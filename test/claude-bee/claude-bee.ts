/**
 * A test bee that behaves as hum's `claude-cli` worker does (src/thrum/README.md, "The claude-cli worker"), on a real
 * thrum socket, with simulated processes instead of Claude Code's CLI.
 *
 * The last user message of a prompt may say what the model does: see script.ts. Without a script the answer is a JSON
 * description of what reached the process.
 */
import { statSync } from 'node:fs';
import { createWorkerHid } from '../../src/daemon/worker/worker-bee.js';
import { dialAsBee } from '../../src/daemon/worker/socket.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import {
  ClaudeProcess,
  type CliBehaviour,
  type ProcessArguments,
  type ProcessHost,
} from './claude-process.js';
import { ClaudeDisk, toSessionId } from './disk.js';
import { Gates } from './gates.js';
import { McpServer } from './mcp-server.js';

export interface ClaudeBehaviour extends CliBehaviour {
  /** The next hum: `cancel` kills the process of its sid, and so does the need of room. */
  readonly nextHum: boolean;
  /** How long a call waits for its result: 300 s. */
  readonly parkedMs: number;
}

export interface ClaudeBeeOptions extends Partial<ClaudeBehaviour> {
  readonly socketPath: string;
  readonly models?: readonly string[];
  readonly hive?: string;
  /** Those of a bee that ran before, as a worker that comes back has them. */
  readonly hid?: string;
  readonly disk?: ClaudeDisk;
}

export interface ClaudeBee {
  readonly hid: string;
  readonly disk: ClaudeDisk;
  /** Every tone that the worker heard, in order. */
  readonly heard: readonly Tone[];
  /** The prompts among them, as humd handed them over. */
  readonly prompts: readonly Tone[];
  /** Every start of a process, those that failed too; a start that the system refuses is none. */
  readonly starts: readonly ProcessArguments[];
  /** The processes that started, ended ones too. */
  readonly processes: readonly ClaudeProcess[];
  /** The sids that go on in their process when they are prompted, the longest unused first. */
  readonly warmSids: readonly string[];
  /** The last process of a sid. Throws when it has none. */
  process(sid: string): ClaudeProcess;
  /** The tools of the mesh that the last process of a sid can call. */
  tools(sid: string): readonly string[];
  /** Closes a gate: `start` stops processes before they do anything, `mcp` late ones before they list their tools. */
  hold(name: string): void;
  /** Opens a gate, also that of a step `{"hold": name}`. */
  release(name: string): void;
  /** From now on. */
  behave(changes: Partial<ClaudeBehaviour>): void;
  /** Closes the standard input of a sid's process, as the worker does with an idle one after five minutes. */
  letGo(sid: string): void;
  readonly closed: Promise<void>;
  /** Breaks the link; the processes finish their turns unheard. */
  kill(): void;
  /** Ends all processes and the link. May be called twice. */
  close(): Promise<void>;
}

export const CLAUDE_MODELS = [
  'claude-opus-4-7',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
  'claude-sonnet-4-5',
  'claude-haiku-4-5-20251001',
];

const VERSION = '0.31.18';
const PROTO_VERSION = '0.7.0';
const CHIS = ['hello', 'prompt', 'cancel', 'tool-result', 'chunk', 'finish', 'error', 'tool-call'];
const MAX_CELLS = 8;
/** One argument of a process, on Linux. */
const MAX_ARGUMENT_BYTES = 131_071;
const BEHAVIOUR: ClaudeBehaviour = {
  cancel: 'ignored',
  nextHum: false,
  lateMcp: false,
  startFails: false,
  apiError: undefined,
  startMs: 0,
  apiMs: 0,
  killMs: 0,
  parkedMs: 300_000,
  callsOvertakeText: false,
  ownTools: [
    'Task',
    'Bash',
    'Glob',
    'Grep',
    'Read',
    'Edit',
    'Write',
    'NotebookEdit',
    'WebFetch',
    'WebSearch',
    'TodoWrite',
  ],
};

/** Resolves when the worker stands in bees.json. Rejects when the daemon does not answer. */
export async function startClaudeBee(options: ClaudeBeeOptions): Promise<ClaudeBee> {
  const { socketPath, models = CLAUDE_MODELS, hive = 'claude-cli', hid = createWorkerHid() } = options;
  const { disk = new ClaudeDisk() } = options;
  let behaviour: ClaudeBehaviour = { ...BEHAVIOUR, ...pickBehaviour(options) };
  const heard: Tone[] = [];
  const prompts: Tone[] = [];
  const starts: ProcessArguments[] = [];
  const processes: ClaudeProcess[] = [];
  const cells = new Map<string, ClaudeProcess>();
  const gates = new Gates(['start', 'mcp']);
  let touches = 0;
  let isClosed = false;
  let write: (tone: Tone) => void = () => undefined;
  const mcp = new McpServer(
    (tone) => write(tone),
    () => behaviour.parkedMs,
  );

  const launch = (start: ProcessArguments, text: string, onFailure: () => void): void => {
    if (isClosed) return;
    if (!canStart(start)) {
      onFailure();
      return;
    }
    starts.push(start);
    const host: ProcessHost = {
      behaviour: () => behaviour,
      disk,
      gates,
      mcp,
      write: (tone) => write(tone),
      onEvent: (process) => {
        // The next hum counts what it is told alone.
        if (!behaviour.nextHum) process.lastTouched = ++touches;
      },
      onLive: (process) => {
        process.lastTouched = ++touches;
        cells.set(start.sid, process);
        if (behaviour.nextHum && cells.size > MAX_CELLS) endOldest();
      },
      onExit: (process, wasLive) => {
        if (wasLive) unregister(process);
        else onFailure();
      },
    };
    const process = new ClaudeProcess(start, host);
    processes.push(process);
    process.prompt(text);
  };

  /** The cell goes by its sid: that of another process of the same sid goes too, and loses its standard input. */
  const unregister = (process: ClaudeProcess): void => {
    if (!process.finishSent) {
      const exitCode = process.exitCode ?? 1;
      const finishReason = exitCode === 0 ? 'stop' : 'error';
      write({ chi: 'finish', sid: process.sid, finishReason, exitCode });
    }
    const cell = cells.get(process.sid);
    cells.delete(process.sid);
    if (cell !== process) cell?.closeStdin();
  };

  const makeRoom = (): void => {
    if (cells.size >= MAX_CELLS) endOldest();
  };

  const endOldest = (): void => {
    const [oldest] = byLastUse(cells);
    if (oldest === undefined) return;
    cells.delete(oldest.sid);
    if (behaviour.nextHum) oldest.kill();
    else oldest.closeStdin();
  };

  const takePrompt = (prompt: Tone, sid: string): void => {
    prompts.push(prompt);
    mcp.takePrompt(prompt);
    const text = toText(prompt['content']) ?? toText(prompt['text']) ?? '';
    const warm = cells.get(sid);
    if (warm !== undefined) {
      warm.finishSent = false;
      warm.lastTouched = ++touches;
      warm.prompt(text);
      return;
    }
    makeRoom();
    const own = toSessionId(sid);
    const start = {
      sid,
      model: toText(prompt['modelId']) || (models[0] ?? ''),
      systemPrompt: toText(prompt['systemPrompt']),
      cwd: toText(prompt['cwd']) ?? '/',
      allowedTools: toTexts(prompt['allowedTools']),
      disallowedTools: toTexts(prompt['disallowedTools']),
    };
    launch({ ...start, how: 'resume', session: toText(prompt['resume']) ?? own }, text, () =>
      launch({ ...start, how: 'session-id', session: own }, text, () => undefined),
    );
  };

  /** The next hum looks a sid up for whatever it is told, and what was looked up goes last. */
  const touch = (sid: string): void => {
    const cell = cells.get(sid);
    if (behaviour.nextHum && cell !== undefined) cell.lastTouched = ++touches;
  };

  const takeResult = (result: Tone): void => {
    if (mcp.resolve(result)) return;
    touch(toText(result.sid) ?? '');
    // A result that comes too late is handed to the CLI as a message, which begins a turn.
    if (typeof result['result'] === 'string') cells.get(toText(result.sid) ?? '')?.prompt('');
  };

  const hear = (tone: Tone): void => {
    heard.push(tone);
    const sid = toText(tone.sid) ?? '';
    if (tone.chi === 'tool-result') {
      takeResult(tone);
    } else if (tone.chi === 'prompt' && sid !== '') {
      takePrompt(tone, sid);
    } else if (tone.chi === 'cancel') {
      if (typeof tone.rid === 'string') cells.get(sid)?.cancel();
      touch(sid);
      if (behaviour.nextHum) cells.get(sid)?.kill();
    }
  };

  const hello = {
    chi: 'hello',
    bee: ['worker'],
    hid,
    from: hid,
    hive,
    version: VERSION,
    protoVersion: PROTO_VERSION,
    models,
    propensity: { statefulness: 'stateful_session', wire: hive },
    chis: CHIS,
    source: '',
  };
  const link = await dialAsBee(socketPath, hello, hear);
  write = link.send;

  return {
    hid,
    disk,
    heard,
    prompts,
    starts,
    processes,
    get warmSids() {
      return byLastUse(cells).map(({ sid }) => sid);
    },
    process(sid) {
      const process = processes.findLast((one) => one.sid === sid);
      if (process === undefined) throw new Error(`no process for the sid ${sid}`);
      return process;
    },
    tools: (sid) => processes.findLast((one) => one.sid === sid)?.mcpToolNames ?? [],
    hold: (name) => gates.close(name),
    release: (name) => gates.open(name),
    behave(changes) {
      behaviour = { ...behaviour, ...changes };
    },
    letGo(sid) {
      cells.get(sid)?.closeStdin();
      cells.delete(sid);
    },
    closed: link.closed,
    kill() {
      for (const process of cells.values()) process.closeStdin();
      link.destroy();
    },
    async close() {
      isClosed = true;
      for (const process of processes) process.kill();
      link.end();
      await link.closed;
    },
  };
}

function byLastUse(cells: ReadonlyMap<string, ClaudeProcess>): ClaudeProcess[] {
  return [...cells.values()].sort((one, other) => one.lastTouched - other.lastTouched);
}

/** False where the system starts no such process: an argument that is too long or has a NUL, a folder that is not there. */
function canStart({
  model,
  systemPrompt = '',
  cwd,
  allowedTools,
  disallowedTools,
}: ProcessArguments): boolean {
  const words = [model, systemPrompt, allowedTools.join(' '), disallowedTools.join(' ')];
  if (words.some((word) => word.includes('\0') || Buffer.byteLength(word) > MAX_ARGUMENT_BYTES)) return false;
  if (cwd === '' || cwd.includes('\0')) return false;
  return statSync(cwd, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function pickBehaviour(options: ClaudeBeeOptions): Partial<ClaudeBehaviour> {
  const { socketPath: _socketPath, models: _models, hive: _hive, hid: _hid, disk: _disk, ...rest } = options;
  return rest;
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
