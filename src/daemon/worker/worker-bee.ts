/** A worker bee: dials the daemon, takes prompts and tool calls, and hands them to its handlers. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { Tone } from '../../thrum/link/tone-codec.js';
import { type BeeSocket, dialAsBee } from './socket.js';
import { TurnBudget } from './turn-budget.js';
import { RunningTurn, type WorkerTurn } from './turn.js';

export type Statefulness = 'stateful_session' | 'stateless_per_call' | 'ephemeral_per_call';

export interface WorkerTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** What a tool call came to: any JSON value. */
export interface ToolOutcome {
  readonly output: unknown;
  readonly isError?: boolean;
}

export interface WorkerBeeOptions {
  readonly socketPath: string;
  readonly hive: string;
  readonly models: readonly string[];
  /** Tools that other bees may call: humd calls those of foragers only, so that the worker says that it is one, too. */
  readonly tools?: readonly WorkerTool[];
  readonly statefulness?: Statefulness;
  /** What its hello says that it provides: `accepts:pdf`. */
  readonly provides?: readonly string[];
  /** Answers one prompt; ends its turn with a `finish` or an `error`, or throws. */
  readonly onPrompt: (turn: WorkerTurn) => Promise<void>;
  /** Runs a tool of `tools`; what it throws becomes an `isError` result. */
  readonly onToolCall?: (call: Tone) => Promise<ToolOutcome>;
  readonly toolResultTimeoutMs?: number;
  /** True: its turns go no faster than they are read, and leave the event loop to others. */
  readonly isPaced?: boolean;
}

export interface WorkerBee {
  readonly hid: string;
  /** Resolves when the link is gone, on either side. */
  readonly closed: Promise<void>;
  /** Ends open turns as if they were cancelled, then leaves. May be called twice. */
  close(): Promise<void>;
  /** Dies in silence, in the middle of whatever it does. */
  kill(): void;
}

/** A stand-in has no releases. */
const VERSION = '0.0.0';
const PROTO_VERSION = '0.7.0';
const CHIS = ['prompt', 'cancel', 'cleanup', 'tool-result', 'chunk', 'finish', 'error', 'tool-call'];
const TOOL_RESULT_TIMEOUT_MS = 300_000;

/** Resolves when the daemon has registered the worker. Rejects when it does not answer. */
export async function startWorkerBee(options: WorkerBeeOptions): Promise<WorkerBee> {
  const hid = createWorkerHid();
  const turns = new Set<RunningTurn>();
  const budget = new TurnBudget();
  let rids = 0;
  const nextRid = () => `${Date.now().toString(36)}-${(rids++).toString(36)}`;
  const abandonAll = () => {
    for (const turn of turns) turn.abandon();
  };
  const kill = (link: BeeSocket) => {
    link.destroy();
    abandonAll();
  };

  const onTone = (tone: Tone, link: BeeSocket): void => {
    const { sid } = tone;
    if (typeof sid !== 'string') return;
    switch (tone.chi) {
      case 'prompt': {
        const turn = new RunningTurn(tone, sid, {
          write: link.send,
          ...(options.isPaced ? { whenRoom: () => whenRoom(link, budget) } : {}),
          die: () => kill(link),
          toolResultTimeoutMs: options.toolResultTimeoutMs ?? TOOL_RESULT_TIMEOUT_MS,
        });
        turns.add(turn);
        void turn.run(options.onPrompt).finally(() => turns.delete(turn));
        return;
      }
      case 'cancel':
      case 'cleanup':
        for (const turn of turns) if (turn.sid === sid) turn.cancel();
        return;
      case 'tool-result':
        for (const turn of turns)
          if (turn.sid === sid && turn.takeResult(String(tone['callId']), tone)) return;
        return;
      case 'tool-call':
        // Others are shown to a worker as well, where their sid is not claimed.
        if (!options.tools?.some(({ name }) => name === (tone['toolName'] ?? tone['name']))) return;
        void answerToolCall(tone, options).then((result) => link.send({ ...result, rid: nextRid(), sid }));
        return;
      default:
    }
  };

  const link = await dialAsBee(options.socketPath, toHello(options, hid, nextRid()), onTone);
  void link.closed.then(abandonAll);
  return {
    hid,
    closed: link.closed,
    async close() {
      for (const turn of turns) turn.cancel();
      link.end();
      await link.closed;
    },
    kill: () => kill(link),
  };
}

/** First comes the room: what waits for it takes nothing of the budget. */
function whenRoom(link: BeeSocket, budget: TurnBudget): Promise<void> | undefined {
  const room = link.whenRoom();
  return room === undefined ? budget.take() : room.then(() => whenRoom(link, budget));
}

function toHello(options: WorkerBeeOptions, hid: string, rid: string): Tone {
  const { hive, models, tools, provides, statefulness = 'stateless_per_call' } = options;
  return {
    chi: 'hello',
    rid,
    from: hive,
    hid,
    bee: tools === undefined ? ['worker'] : ['worker', 'forager'],
    hive,
    version: VERSION,
    protoVersion: PROTO_VERSION,
    propensity: { statefulness, richness: 'rich', wire: hive },
    chis: CHIS,
    models,
    ...(tools !== undefined && { tools }),
    ...(provides !== undefined && { provides }),
  };
}

/** hum's workers read `output`, older ones `result`: both are sent. */
async function answerToolCall(call: Tone, { onToolCall }: WorkerBeeOptions): Promise<Tone> {
  const { output, isError = false } = await runTool(call, onToolCall);
  const toolName = call['toolName'] ?? call['name'];
  return { chi: 'tool-result', callId: call['callId'], toolName, result: output, output, isError };
}

async function runTool(call: Tone, onToolCall: WorkerBeeOptions['onToolCall']): Promise<ToolOutcome> {
  if (onToolCall === undefined) return { output: 'this worker has no tools', isError: true };
  try {
    return await onToolCall(call);
  } catch (error) {
    return { output: error instanceof Error ? error.message : String(error), isError: true };
  }
}

const RAW_PUBLIC_KEY_BYTES = 32;

/** The identity of a worker that lasts for one run: a hid from a key that is not stored. */
export function createWorkerHid(): string {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_PUBLIC_KEY_BYTES);
  return `wbee_${createHash('sha256').update(raw).digest('hex')}`;
}
