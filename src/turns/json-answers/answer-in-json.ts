/**
 * Makes sure that a turn with a format is answered in that format, by workers that cannot be constrained: asks for JSON in
 * the system prompt, takes fences and prose away, validates, and never lets invalid JSON end as a success.
 */

import type { TurnSignal } from '../../core/abort.js';
import { addUsage, type Event, type Usage } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import { jsonInstruction } from '../../core/instructions.js';
import { foundModel } from '../../core/model.js';
import type { Turns } from '../../core/port.js';
import { PromptMemory } from '../../core/prompt-memory.js';
import { type AnswerFormat, joinParagraphs, type Message, type TurnRequest } from '../../core/request.js';
import { type AnswerCheck, createCheck } from './answer-check.js';
import { findJson, JsonStream } from './json-in-text.js';

type Finish = Extract<Event, { type: 'finish' }>;

/**
 * The turn of `request`, run by `nest` as often as it takes, with its answer in `format`. Ends without an end event once `signal`
 * is aborted, while an answer is being checked too.
 */
export async function* answerInJson(
  nest: Turns,
  request: TurnRequest,
  format: AnswerFormat,
  signal: TurnSignal,
): AsyncGenerator<readonly Event[], void, undefined> {
  try {
    const check = await createCheck(format, undefined, signal);
    if (signal.aborted) return;
    const asked = asksItself(request) ? { ...request, format } : inWords(request, format);
    const answer = format.delivery === 'streamed' ? streamed : whole;
    yield* answer(nest, asked, check, signal);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (!signal.aborted) yield [{ type: 'fault', fault: error }];
  }
}

/** True where the workers of the model have its server keep to the format, by its grammar or, where it has none, in words. */
function asksItself({ resolved }: TurnRequest): boolean {
  return foundModel(resolved)?.profile?.accepts.has('request') === true;
}

function inWords(request: TurnRequest, { schema }: AnswerFormat): TurnRequest {
  return { ...request, system: joinParagraphs([request.system, jsonInstruction(schema)]) };
}

/** The JSON goes out as it comes; one that turns out invalid ends in a fault. */
async function* streamed(nest: Turns, request: TurnRequest, check: AnswerCheck, signal: TurnSignal) {
  const stream = new JsonStream(check.root);
  let hasCalls = false;
  for await (const batch of nest.turn(request, signal)) {
    const out: Event[] = [];
    for (const event of batch) {
      hasCalls ||= event.type === 'tool-call';
      if (event.type === 'text-delta') pushText(out, stream.push(event.text));
      else if (event.type === 'finish') {
        out.push(...(await endOfStream(stream, event, hasCalls, check)));
        if (signal.aborted) return;
      } else out.push(event);
    }
    if (out.length > 0) yield out;
  }
}

/** The text is kept back to its end, and asked for once more if it is wrong. */
async function* whole(nest: Turns, request: TurnRequest, check: AnswerCheck, signal: TurnSignal) {
  let messages: readonly Message[] = request.messages;
  let spent: Usage | undefined;
  const memory = new PromptMemory();
  for (let isRepair = false; ; isRepair = true) {
    let text = '';
    const logprobs: Event[] = [];
    let finish: Finish | undefined;
    let hasCalls = false;
    for await (const batch of memory.watch(nest.turn({ ...request, messages }, signal))) {
      const out: Event[] = [];
      for (const event of batch) {
        hasCalls ||= event.type === 'tool-call';
        if (event.type === 'text-delta') text += event.text;
        else if (event.type === 'logprobs') logprobs.push(event);
        else if (event.type === 'finish') finish = event;
        else if (!(isRepair && event.type === 'ready')) out.push(event);
      }
      if (out.length > 0) yield out;
    }
    if (finish === undefined) return;
    const usage = spent === undefined ? finish.usage : addUsage(spent, finish.usage);
    const judged = isAnswer(finish, hasCalls) ? await judge(text, check) : { json: text };
    if (signal.aborted) return;
    if ('json' in judged) {
      const end: Event[] = [...logprobs];
      pushText(end, judged.json);
      yield [...end, { ...finish, usage }];
      return;
    }
    if (isRepair) {
      yield [invalid(judged.complaint)];
      return;
    }
    spent = usage;
    messages = [
      ...messages,
      { role: 'assistant', content: [{ type: 'text', text }], toolCalls: [] },
      { role: 'user', content: [{ type: 'text', text: toRepairRequest(judged.complaint) }] },
    ];
  }
}

/** The message that asks for another try. `complaint` says what is wrong with the first. */
function toRepairRequest(complaint: string): string {
  return `That is not the JSON that was asked for: ${complaint}. Answer again with the corrected JSON only.`;
}

/** A turn that ended on tool calls, at a limit or at a filter is no answer yet, and is not judged as one. */
function isAnswer(finish: Finish, hasCalls: boolean): boolean {
  return finish.reason === 'stop' && !hasCalls;
}

async function endOfStream(
  stream: JsonStream,
  finish: Finish,
  hasCalls: boolean,
  check: AnswerCheck,
): Promise<Event[]> {
  const end: Event[] = [];
  if (!isAnswer(finish, hasCalls)) {
    pushText(end, stream.pending);
    return [...end, finish];
  }
  if (stream.passed !== '') {
    const complaint = await check.complaintAbout(stream.passed);
    return [complaint === undefined ? finish : invalid(complaint)];
  }
  const judged = await judge(stream.pending, check);
  if ('complaint' in judged) return [invalid(judged.complaint)];
  pushText(end, judged.json);
  return [...end, finish];
}

/** The JSON in a whole answer, or what is wrong with the answer. */
async function judge(
  text: string,
  check: AnswerCheck,
): Promise<{ readonly json: string } | { readonly complaint: string }> {
  const json = await findJson(text, check.root, check.complaintAbout);
  if (json !== undefined) return { json };
  return { complaint: (await check.complaintAbout(text.trim())) ?? 'it is not valid JSON' };
}

function pushText(events: Event[], text: string): void {
  if (text !== '') events.push({ type: 'text-delta', text });
}

function invalid(complaint: string): Event {
  const message = `the model's answer is not the JSON that was asked for: ${complaint}`;
  return { type: 'fault', fault: new Fault('invalid-answer', message) };
}
