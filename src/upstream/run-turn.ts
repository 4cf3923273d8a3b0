/** Answers one prompt with the upstream, over as many rounds as its tools take. */
import type { WorkerTurn } from '../daemon/worker-turn.js';
import { Fault } from '../core/fault.js';
import { type ChatMessage, type ChatRequest, toChatRequest } from './chat-request.js';
import { type Answer, readAnswer } from './read-answer.js';
import { runCalls, toCallMessage } from './run-calls.js';
import { Silence } from './silence.js';
import { addCounts, type TokenCounts, toToneUsage } from './token-counts.js';
import type { Upstream } from './upstream.js';
import { Voice } from './voice.js';

/** A model that calls tools for ever is stopped, where no client does that. */
const MAX_ROUNDS = 32;

/** Ends its turn with a `finish` or an `error`, whatever happens. */
export async function runTurn(turn: WorkerTurn, upstream: Upstream): Promise<void> {
  const voice = new Voice(turn);
  try {
    await answer(toChatRequest(turn.prompt), turn, voice, upstream);
  } catch (error) {
    const fault = upstream.fault(error);
    voice.flush();
    const code = fault.code === 'payment-required' ? 402 : 'worker_error';
    turn.send({ chi: 'error', code, message: fault.message });
  }
}

async function answer(
  request: ChatRequest,
  turn: WorkerTurn,
  voice: Voice,
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
    const said = await ask(asked, messages, turn, voice, upstream);
    counts = addCounts(counts, said.counts);
    if (said.calls.length === 0) {
      const finishReason = toFinishReason(said.finishReason);
      turn.send({ chi: 'finish', finishReason, usage: toToneUsage(counts) });
      return;
    }
    messages.push(toCallMessage(said), ...(await runCalls(said.calls, request.tools, turn)));
    asked = withFreeChoice(request);
    // Whoever asked has had an answer that ended on these calls: what follows is another one, with counts of its own.
    if (!said.calls.some(({ name }) => request.tools.get(name)?.isOfPrompt)) continue;
    counts = undefined;
    rounds = -1;
  }
  throw new Fault('worker-error', `the model went on calling tools after ${MAX_ROUNDS} rounds`);
}

async function ask(
  request: ChatRequest,
  messages: readonly ChatMessage[],
  turn: WorkerTurn,
  voice: Voice,
  upstream: Upstream,
): Promise<Answer> {
  const silence = new Silence(upstream.silenceMs, turn.signal);
  try {
    const chunks = await upstream.chat(request, messages, silence.signal);
    return await readAnswer(chunks, voice, () => silence.heard());
  } catch (error) {
    throw silence.fault ?? error;
  } finally {
    silence.end();
  }
}

/** A choice that forces a call is made by the first one; kept, it would never let the model answer. */
function withFreeChoice(request: ChatRequest): ChatRequest {
  const { tool_choice: choice, ...fields } = request.fields;
  return choice === undefined || choice === 'auto' || choice === 'none' ? request : { ...request, fields };
}

/** hum's word for OpenAI's; whatever else a server says means that the model was done. */
function toFinishReason(reason: string): string {
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop';
}
