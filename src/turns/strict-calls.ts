/**
 * Makes sure that the calls of strict tools fit their schemas, whatever worker makes them: a call that does not is answered with an error
 * that names the fault, once, and the model calls again; its client hears of the second call alone.
 */
import type { TurnSignal } from '../core/abort.js';
import { addUsage, type Event, type Usage } from '../core/event.js';
import { withMessages } from '../core/chat-messages.js';
import { Fault } from '../core/fault.js';
import { MessageBreaks } from '../core/message-breaks.js';
import type { Turns } from '../core/port.js';
import { PromptMemory } from '../core/prompt-memory.js';
import type { AssistantMessage, Tool, ToolMessage, TurnRequest } from '../core/request.js';
import { type AnswerCheck, createArgumentsCheck } from './json-answers/answer-check.js';

type Call = Extract<Event, { type: 'tool-call' }>;
type Finish = Extract<Event, { type: 'finish' }>;
type Checks = ReadonlyMap<string, AnswerCheck>;
/** What is wrong with each call that does not fit, by its id. */
type Complaints = ReadonlyMap<string, string>;

/** `nest`, whose turns give no call of a strict tool before it was checked. */
export function withStrictCalls(nest: Turns): Turns {
  return { turn: (request, signal) => checkedTurn(nest, request, signal) };
}

/**
 * The turn of `request`, run by `nest` once more where a call does not fit. What is not a call passes as it comes; from the first call on
 * everything waits for the end, as what is wrong with one call is told to its worker with the results of all. A second call that does
 * not fit is given as it is, behind a word of it. Ends without an end event once `signal` is aborted.
 */
async function* checkedTurn(
  nest: Turns,
  request: TurnRequest,
  signal: TurnSignal,
): AsyncGenerator<readonly Event[], void, undefined> {
  try {
    const checks = await createChecks(request.tools, signal);
    if (signal.aborted) return;
    const memory = new PromptMemory();
    const breaks = new MessageBreaks();
    const first = new Round('first', breaks);
    yield* first.pass(memory.watch(nest.turn(request, signal)));
    const complaints = await complaintsAbout(first.calls, checks);
    if (signal.aborted) return;
    if (complaints.size === 0 || first.finish?.reason !== 'tool-calls') {
      yield* given(first.held, first.calls, complaints);
      return;
    }
    const rest = first.held.filter(({ type }) => type !== 'tool-call' && type !== 'finish');
    if (rest.length > 0) yield rest;
    const second = new Round('second', breaks);
    const asked = toRepairRequest(request, first, complaints);
    for await (const batch of second.pass(memory.watch(nest.turn(asked, signal))))
      yield withUsage(batch, first.finish.usage);
    const left = await complaintsAbout(second.calls, checks);
    if (signal.aborted) return;
    yield* given(withUsage(second.held, first.finish.usage), second.calls, left);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (!signal.aborted) yield [{ type: 'fault', fault: error }];
  }
}

async function createChecks(tools: readonly Tool[], signal: TurnSignal): Promise<Checks> {
  const checks = new Map<string, AnswerCheck>();
  for (const tool of tools) {
    if (tool.strict !== true || signal.aborted) continue;
    const check = await createArgumentsCheck(tool, signal);
    if (check !== undefined) checks.set(tool.name, check);
  }
  return checks;
}

async function complaintsAbout(calls: readonly Call[], checks: Checks): Promise<Complaints> {
  const complaints = new Map<string, string>();
  for (const { id, name, input } of calls) {
    const complaint = await checks.get(name)?.complaintAbout(input).catch(notFoundOut);
    if (complaint !== undefined) complaints.set(id, complaint);
  }
  return complaints;
}

/** A call that could not be checked is the client's to judge: to lose it would cost more. */
function notFoundOut(error: unknown): undefined {
  if (!(error instanceof Fault) || error.code !== 'invalid-answer') throw error;
}

/** What waited, behind a word of the calls that do not fit. */
function* given(held: readonly Event[], calls: readonly Call[], complaints: Complaints) {
  if (held.length === 0) return;
  const unfitCalls = [...new Set(calls.filter(({ id }) => complaints.has(id)).map(({ name }) => name))];
  yield unfitCalls.length === 0 ? held : [{ type: 'ready', unfitCalls } as const, ...held];
}

/** One answer of the worker, which is read once. */
class Round {
  readonly calls: Call[] = [];
  /** From the first call on. */
  readonly held: Event[] = [];
  finish: Finish | undefined;
  text = '';
  reasoning = '';
  readonly #number: 'first' | 'second';
  readonly #breaks: MessageBreaks;

  /** @param breaks keeps the texts of both rounds apart */
  constructor(number: 'first' | 'second', breaks: MessageBreaks) {
    this.#number = number;
    this.#breaks = breaks;
    breaks.beginMessage();
  }

  /** All that comes before the first call. */
  async *pass(turn: AsyncIterable<readonly Event[]>): AsyncGenerator<readonly Event[], void, undefined> {
    for await (const batch of turn) {
      const out: Event[] = [];
      for (const event of batch) {
        if (event.type === 'tool-call') this.calls.push(event);
        else if (event.type === 'finish') this.finish = event;
        else if (event.type === 'reasoning-delta') this.reasoning += event.text;
        else if (event.type === 'ready' && this.#number === 'second') continue;
        const to = this.calls.length === 0 ? out : this.held;
        if (event.type === 'text-delta') this.#pushText(event, to);
        else to.push(event);
      }
      if (out.length > 0) yield out;
    }
  }

  #pushText(event: Extract<Event, { type: 'text-delta' }>, to: Event[]): void {
    this.text += event.text;
    if (event.text === '' || event.isBreak) to.push(event);
    else to.push(...(this.#breaks.separate(event.text) ?? [event]));
  }
}

/** The same request as a client would go on with it that finds the calls wrong: the worker that waits gets the results. */
function toRepairRequest(
  request: TurnRequest,
  { text, reasoning, calls }: Round,
  complaints: Complaints,
): TurnRequest {
  const calling: AssistantMessage = {
    role: 'assistant',
    content: text === '' ? [] : [{ type: 'text', text }],
    toolCalls: calls.map(({ id, name, input }) => ({ id, name, input })),
    ...(reasoning === '' ? {} : { reasoning }),
  };
  const results = calls.map((call) => toErrorResult(call, complaints.get(call.id)));
  return withMessages(request, [calling, ...results]);
}

function toErrorResult({ id, name }: Call, complaint: string | undefined): ToolMessage {
  const text =
    complaint === undefined
      ? `'${name}' was not run, because another call beside it does not fit the schema of its tool. Call both again.`
      : `'${name}' was not run: its arguments do not fit the schema of the tool (${complaint}). Call it again with arguments that do.`;
  return { role: 'tool', toolCallId: id, toolName: name, isError: true, content: [{ type: 'text', text }] };
}

function withUsage(batch: readonly Event[], first: Usage): readonly Event[] {
  return batch.map((event) =>
    event.type === 'finish' ? { ...event, usage: usageOfBoth(first, event.usage) } : event,
  );
}

/**
 * What both answers took. The input counts once: clients read from it how full the model's context is. A worker that waited
 * counts all that it has written since its prompt; for the first answer there was an estimate only.
 */
function usageOfBoth(first: Usage, second: Usage): Usage {
  if (first.estimated && !second.estimated) return second;
  const { promptTokens, cachedTokens, cacheWriteTokens } = second;
  const { cacheWriteTokens: _, ...both } = addUsage(first, second);
  return { ...both, promptTokens, cachedTokens, ...(cacheWriteTokens ? { cacheWriteTokens } : {}) };
}
