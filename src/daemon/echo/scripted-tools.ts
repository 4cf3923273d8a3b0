/** The tool calls of a script: sends them, waits for the results, reports what ran. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Script } from './script.js';
import type { WorkerTurn } from '../worker/turn.js';

const FIRST_INPUT_BLOCK = 2;
const CALL_ID_BYTES = 6;

/** Parks the turn until every result is there; each is reported as `tool_executed` when it comes. */
export async function callTools({ tools, toolInput, ms }: Script, turn: WorkerTurn): Promise<void> {
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
export function createCallId(): string {
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
