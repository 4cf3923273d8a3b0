/** Answers one prompt with the upstream, over as many rounds as its tools take. */
import { Fault } from '../core/fault.js';
import type { WorkerTurn } from '../daemon/worker/turn.js';
import { issueCallId } from '../thrum/turn/call-ids.js';
import { toErrorTone } from '../thrum/turn/worker-error.js';
import { type ChatRequest, toChatRequest } from './chat-request.js';
import { ChunkWriter } from './chunk-writer.js';
import { type Answer, readAnswer } from './read-answer.js';
import { runCalls, toCallMessage } from './run-calls.js';
import type { ChatMessage } from './server-messages.js';
import { SilenceTimeout } from './silence-timeout.js';
import type { ThinkTags } from './think-tags.js';
import { addCounts, type TokenCounts, toToneUsage } from './token-counts.js';
import type { Upstream } from './upstream.js';

/** A model that calls tools for ever is stopped, where no client does that. */
const MAX_ROUNDS = 32;

export interface RunTurnOptions {
  readonly upstream: Upstream;
  /** Names of tools that this worker offers to others. */
  readonly ownTools: ReadonlySet<string>;
  /** How long the upstream may say nothing, in ms. */
  readonly silenceMs: number;
  readonly thinkTags: ThinkTags;
  /** The server has answered. */
  readonly onAnswer: () => void;
  /** Learns of each fault. */
  readonly onFault: (fault: Fault) => void;
}

/** Ends its turn with a `finish` or an `error`, whatever happens. */
export async function runTurn(turn: WorkerTurn, options: RunTurnOptions): Promise<void> {
  const writer = new ChunkWriter(turn);
  try {
    await answer(toChatRequest(turn.prompt, options.ownTools), turn, writer, options);
  } catch (error) {
    const fault = options.upstream.fault(error);
    writer.flush();
    if (!turn.signal.aborted) options.onFault(fault);
    turn.send(toErrorTone(fault));
  }
}

async function answer(
  request: ChatRequest,
  turn: WorkerTurn,
  writer: ChunkWriter,
  options: RunTurnOptions,
): Promise<void> {
  const { model, tools, endsOnCalls } = request;
  turn.send({ chi: 'session-ready', nestId: turn.sid, model, tools: [...tools.keys()] });
  const messages: ChatMessage[] = [...request.messages];
  let asked = request;
  let counts: TokenCounts | undefined;
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const round = await ask(asked, messages, turn, writer, options);
    counts = addCounts(counts, round.counts);
    const isForClient = round.calls.some(({ name }) => tools.get(name)?.isOfPrompt);
    if (round.calls.length === 0 || (isForClient && endsOnCalls)) {
      // What other bees' tools have given is in no message of the client's.
      giveCalls(round, request, turn, options, messages.length === request.messages.length);
      const finishReason =
        round.calls.length > 0 && round.finishReason === 'stop' ? 'tool_calls' : round.finishReason;
      turn.send({ chi: 'finish', finishReason, usage: toToneUsage(counts) });
      return;
    }
    messages.push(toCallMessage(round), ...(await runCalls(round.calls, tools, turn)));
    asked = withFreeChoice(request);
    // The client's answer ended on these calls: what follows is another answer, with counts of its own.
    if (!isForClient) continue;
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
  { upstream, silenceMs, thinkTags, onAnswer }: RunTurnOptions,
): Promise<Answer> {
  const timeout = new SilenceTimeout(silenceMs, turn.signal);
  const habits = upstream.habitsOf(request.model);
  try {
    const batches = await upstream.chat(request, messages, timeout.signal);
    onAnswer();
    const given = await readAnswer(batches, writer, {
      splitsThoughts: thinkTags === 'on' || (thinkTags !== 'off' && habits.reasoningField === undefined),
      beginsInThoughts: thinkTags === 'open',
      maxTokens: maxTokensOf(request),
      onValues: (isSilent) => {
        timeout.restart();
        if (isSilent) pulse(turn);
      },
      whenRoom: () => timeout.whenRoom(turn.whenRoom()),
    });
    habits.reasoningField = given.reasoningField ?? habits.reasoningField;
    return given;
  } catch (error) {
    throw timeout.fault ?? error;
  } finally {
    timeout.clear();
  }
}

function maxTokensOf({ fields }: ChatRequest): number | undefined {
  const limit = fields['max_completion_tokens'] ?? fields['max_tokens'];
  return typeof limit === 'number' ? limit : undefined;
}

/** A bridge does not give up a worker of which it hears that. */
const PULSE_MS = 10_000;
const pulsedAt = new WeakMap<WorkerTurn, number>();

/** Says that the turn goes on, every now and then. */
function pulse(turn: WorkerTurn): void {
  const now = performance.now();
  if (now - (pulsedAt.get(turn) ?? Number.NEGATIVE_INFINITY) < PULSE_MS) return;
  pulsedAt.set(turn, now);
  turn.send({ chi: 'pulse' });
}

/** Calls that park nothing: who asked brings the whole conversation again, with their results. */
function giveCalls(
  round: Answer,
  { tools, messages }: ChatRequest,
  turn: WorkerTurn,
  { upstream }: RunTurnOptions,
  isFirstRound: boolean,
): void {
  const { calls, reasoning } = round;
  // Of the others nothing is known to who asked; models make some up.
  const given = calls.filter(({ name }) => tools.get(name)?.isOfPrompt);
  if (isFirstRound && given.length > 0)
    upstream.calls.rememberAnswer(
      given.map(({ callId }) => issueCallId(turn.sid, callId)),
      [...messages, toCallMessage({ ...round, calls: given })],
    );
  for (const call of given) {
    const { callId, upstreamId, name, input, extra } = call;
    upstream.calls.remember(issueCallId(turn.sid, callId), { upstreamId, reasoning, extra });
    turn.send({
      chi: 'chunk',
      part: { type: 'tool_use', toolCall: { id: callId, name, input: toInputText(input) } },
    });
  }
}

/** As the server wrote it, in its own order: humd would sort the keys of an object. */
function toInputText(input: string): string {
  return input.trim() === '' || input.trim() === 'null' ? '{}' : input;
}

/** A choice that forces a call is made by the first one; kept, it would never let the model answer. */
function withFreeChoice(request: ChatRequest): ChatRequest {
  const { tool_choice: choice, ...fields } = request.fields;
  return choice === undefined || choice === 'auto' || choice === 'none' ? request : { ...request, fields };
}
