/** Answers one prompt with the upstream, over as many rounds as its tools take. */
import type { WorkerTurn } from '../daemon/worker/turn.js';
import { Fault } from '../core/fault.js';
import { type ChatMessage, type ChatRequest, toChatRequest } from './chat-request.js';
import { ChunkWriter } from './chunk-writer.js';
import { type Answer, readAnswer } from './read-answer.js';
import { runCalls, toCallMessage } from './run-calls.js';
import { SilenceTimeout } from './silence-timeout.js';
import { addCounts, type TokenCounts, toToneUsage } from './token-counts.js';
import type { Upstream } from './upstream.js';

/** A model that calls tools for ever is stopped, where no client does that. */
const MAX_ROUNDS = 32;

/** Ends its turn with a `finish` or an `error`, whatever happens. @param ownTools names of tools that this worker offers to others */
export async function runTurn(
  turn: WorkerTurn,
  upstream: Upstream,
  ownTools: ReadonlySet<string>,
): Promise<void> {
  const writer = new ChunkWriter(turn);
  try {
    await answer(toChatRequest(turn.prompt, ownTools), turn, writer, upstream);
  } catch (error) {
    const fault = upstream.fault(error);
    writer.flush();
    const code = fault.code === 'payment-required' ? 402 : 'worker_error';
    turn.send({ chi: 'error', code, message: fault.message });
  }
}

async function answer(
  request: ChatRequest,
  turn: WorkerTurn,
  writer: ChunkWriter,
  upstream: Upstream,
): Promise<void> {
  turn.send({
    chi: 'session-ready',
    nestId: turn.sid,
    model: request.model,
    tools: [...request.tools.keys()],
  });
  const messages: ChatMessage[] = [...request.messages];
  let asked = request;
  let counts: TokenCounts | undefined;
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const round = await ask(asked, messages, turn, writer, upstream);
    counts = addCounts(counts, round.counts);
    if (round.calls.length === 0) {
      const finishReason = toFinishReason(round.finishReason);
      turn.send({ chi: 'finish', finishReason, usage: toToneUsage(counts) });
      return;
    }
    messages.push(toCallMessage(round), ...(await runCalls(round.calls, request.tools, turn)));
    asked = withFreeChoice(request);
    // The client's answer ended on these calls: what follows is another answer, with counts of its own.
    if (!round.calls.some(({ name }) => request.tools.get(name)?.isOfPrompt)) continue;
    counts = undefined;
    rounds = -1;
  }
  throw new Fault('worker-error', `the model went on calling tools after ${MAX_ROUNDS} rounds`);
}

async function ask(
  request: ChatRequest,
  messages: readonly ChatMessage[],
  turn: WorkerTurn,
  writer: ChunkWriter,
  upstream: Upstream,
): Promise<Answer> {
  const timeout = new SilenceTimeout(upstream.silenceMs, turn.signal);
  try {
    const chunks = await upstream.chat(request, messages, timeout.signal);
    return await readAnswer(chunks, writer, () => timeout.restart());
  } catch (error) {
    throw timeout.fault ?? error;
  } finally {
    timeout.clear();
  }
}

/** A choice that forces a call is made by the first one; kept, it would never let the model answer. */
function withFreeChoice(request: ChatRequest): ChatRequest {
  const { tool_choice: choice, ...fields } = request.fields;
  return choice === undefined || choice === 'auto' || choice === 'none' ? request : { ...request, fields };
}

/** hum's finish reason for OpenAI's; any other of a server means that the model was done. */
function toFinishReason(reason: string): string {
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop';
}
