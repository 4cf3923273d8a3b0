/** Plays a script as the recorded worker did: the same tones with the same fields in the same order. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkerTurn } from '../worker/turn.js';
import { ChunkDialect, type Dialect, PartDialect, toSessionReady } from './dialect.js';
import type { Script } from './script.js';

const FIRST_INPUT_BLOCK = 2;
const CALL_ID_BYTES = 6;

export async function playScript(script: Script, turn: WorkerTurn): Promise<void> {
  if (script.silent) return cancelled(turn.signal);
  turn.send(toSessionReady(turn));
  if (script.permission) turn.send(toPermissionAsk());
  if (script.hang) return cancelled(turn.signal);

  const parts = new PartDialect(turn);
  const dialect: Dialect = script.dialect === 'part' ? parts : new ChunkDialect(turn);
  if (script.reason.length > 0) await dialect.reasoning(script.reason);
  await sendText(script, dialect, turn);
  if (script.die) {
    turn.die();
  } else if (script.error !== undefined) {
    turn.send({ chi: 'error', ...script.error });
  } else if (script.toolsAsChunk) {
    for (const { name, args } of script.tools) parts.toolUse(createCallId(), name, args);
    finish(script, 'tool_use', turn);
  } else {
    for (const round of [script, ...script.rounds]) {
      await callTools({ ...script, tools: round.tools }, turn);
      for (const delta of round.then) {
        const room = turn.whenRoom();
        if (room !== undefined) await room;
        dialect.moreText(delta);
      }
    }
    finish(script, 'stop', turn);
  }
}

/** Deltas leave at fixed times, so that a late timer does not slow the whole answer down. */
async function sendText(script: Script, dialect: Dialect, turn: WorkerTurn): Promise<void> {
  const { say: texts, n, pad, ms, error, errorAfter } = script;
  const padding = '.'.repeat(pad);
  const all = texts.length + n;
  const count = error === undefined ? all : Math.min(all, errorAfter ?? all);
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    const wait = start + index * ms - performance.now();
    if (index > 0 && wait > 0) await delay(wait, undefined, { ref: false });
    const room = turn.whenRoom();
    if (room !== undefined) await room;
    if (turn.signal.aborted) return;
    dialect.text(texts[index] ?? `t${index - texts.length}${padding} `);
  }
}

function finish({ finish: reason, usage, exitCode }: Script, otherwise: string, turn: WorkerTurn): void {
  const finishReason = reason ?? otherwise;
  turn.send({ chi: 'finish', finishReason, usage, ...(exitCode !== undefined && { exitCode }) });
}

function toPermissionAsk() {
  const permitId = createCallId();
  const message = 'May the worker run this tool?';
  return { chi: 'permission-ask', permitId, callId: permitId, toolName: 'Bash', question: message, message };
}

function cancelled(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Sends the tool calls and parks the turn until every result is there; each is reported as `tool_executed` when it comes. */
async function callTools({ tools, toolInput, ms }: Script, turn: WorkerTurn): Promise<void> {
  const parked: Promise<void>[] = [];
  for (const [index, { name, args }] of tools.entries()) {
    const callId = createCallId();
    if (toolInput) await streamInput({ callId, name, args, blockIdx: FIRST_INPUT_BLOCK + index, ms }, turn);
    const reported = reportResult(callId, name, turn);
    // Awaited below; a turn that is cancelled before that must not count as an unhandled rejection.
    reported.catch(() => undefined);
    parked.push(reported);
    turn.send({ chi: 'tool-call', callId, toolName: name, name, args });
  }
  await Promise.all(parked);
}

/** An id like those of the recorded worker. */
function createCallId(): string {
  return `toolu_${randomBytes(CALL_ID_BYTES).toString('hex')}`;
}

interface StreamedInput {
  readonly callId: string;
  readonly name: string;
  readonly args: unknown;
  readonly blockIdx: number;
  readonly ms: number;
}

async function streamInput(
  { callId, name, args, blockIdx, ms }: StreamedInput,
  turn: WorkerTurn,
): Promise<void> {
  const json = JSON.stringify(args ?? {});
  const middle = Math.ceil(json.length / 2);
  turn.send({ chi: 'chunk', chunkType: 'tool_input_start', toolCallId: callId, toolName: name, blockIdx });
  for (const partialJson of [json.slice(0, middle), json.slice(middle)]) {
    if (ms > 0) await delay(ms, undefined, { ref: false });
    turn.send({ chi: 'chunk', chunkType: 'tool_input_delta', partialJson, blockIdx });
  }
  if (ms > 0) await delay(ms, undefined, { ref: false });
}

async function reportResult(callId: string, toolName: string, turn: WorkerTurn): Promise<void> {
  const result = await turn.toolResult(callId);
  const output = result['output'] ?? result['result'] ?? result['content'];
  const isError = result['isError'] ?? false;
  turn.send({ chi: 'chunk', chunkType: 'tool_executed', callId, toolName, output, isError });
}
