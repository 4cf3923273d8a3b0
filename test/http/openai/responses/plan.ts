/** A response to build from scripted events: ids are counted, the clock stands still. */
import type { Event, RanTool } from '../../../../src/core/event.js';
import { systemClock } from '../../../../src/http/clock.js';
import { KeptEvents } from '../../../../src/http/openai/responses/kept-events.js';
import { responsesBody } from '../../../../src/http/openai/responses/body-schema.js';
import type { CreateId } from '../../../../src/http/openai/responses/output-item.js';
import {
  collectResponse,
  type ResponsePlan,
} from '../../../../src/http/openai/responses/response-builder.js';
import { inProgress } from '../../../../src/http/openai/responses/response-object.js';
import { ResponseStream } from '../../../../src/http/openai/responses/response-stream.js';
import { toTools } from '../../../../src/http/openai/responses/to-tools.js';
import { validate } from '../../../../src/http/openai/validate.js';

export const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
export const stop: Event = { type: 'finish', reason: 'stop', usage };
export const say = (text: string): Event => ({ type: 'text-delta', text });
export const think = (text: string): Event => ({ type: 'reasoning-delta', text });
export const call = (id: string, name: string, input: string): Event => ({
  type: 'tool-call',
  id,
  name,
  input,
});

export const ran = (tool: Partial<RanTool>): Event => ({
  type: 'tool-ran',
  tool: { server: 'fs', name: 'read_file', input: '{}', output: '', isError: false, ...tool },
});

/** `msg_1`, `fc_2`, … */
export function countedIds(): CreateId {
  let count = 0;
  return (prefix) => `${prefix}_${++count}`;
}

export function planOf(fields: object = {}, style: Partial<ResponsePlan['reasoning']> = {}): ResponsePlan {
  const body = validate(responsesBody, { model: 'm', input: 'hi', ...fields });
  return {
    start: inProgress({ id: 'resp_0', createdAt: 7, model: 'm' }, body),
    names: toTools(body.tools ?? [], undefined).names,
    reasoning: { form: 'text', withEncrypted: false, ...style },
    createId: countedIds(),
    now: () => 9_500,
  };
}

/** What a client is sent for one batch of events. */
export function encode(events: readonly Event[], plan: ResponsePlan = planOf()): string {
  return new ResponseStream(plan, async () => {}).encode(events);
}

export function collected(events: readonly Event[], plan: ResponsePlan = planOf()) {
  return collectResponse(inBatches([events]), plan);
}

export async function* inBatches(batches: readonly (readonly Event[])[]) {
  yield* batches;
}

/** The events that are kept of a response in the background. @param end what ends a turn that has no end of its own */
export async function encodeBackground(
  events: readonly Event[],
  plan: ResponsePlan,
  end?: 'cancel',
): Promise<string> {
  const limits = { maxKeptStreams: 1, maxKeptStreamBytes: 1_000_000, keptStreamMs: 1_000 };
  const log = new KeptEvents(limits, systemClock).open(undefined, plan.start.id);
  const stream = new ResponseStream(plan, async () => {}, log);
  stream.queue();
  stream.begin();
  stream.encode(events);
  if (end === 'cancel') stream.cancel();
  let text = '';
  for await (const piece of log.follow(-1, new AbortController().signal)) text += piece;
  return text;
}
