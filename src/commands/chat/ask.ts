/** One message and its answer, and what there is to say at its end: why it is not whole and what to do, and what it took. */
import { collect } from '../../core/collect.js';
import type { FinishReason, Usage } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import { foundModel, mayHave, missingCapabilities, type Model } from '../../core/model.js';
import type { GrantRights, Mesh, Turns } from '../../core/port.js';
import { toPrintableLine } from '../../core/printable.js';
import { neededCapabilities, type TurnRequest, withoutAttachments } from '../../core/request.js';
import { remedyFor } from '../../observe/remedy.js';
import type { AnswerPrinter } from './answer-printer.js';

export type AskOutcome =
  | ({ readonly type: 'answered'; readonly text: string; readonly reason: FinishReason } & AnswerFigures)
  /** By the user; with the text that had come by then. */
  | { readonly type: 'cancelled'; readonly text: string }
  | { readonly type: 'failed'; readonly fault: Fault };

export interface AnswerFigures {
  readonly usage: Usage;
  /** Until something showed, in ms. */
  readonly firstMs: number;
  readonly totalMs: number;
}

/** Prints the answer as it comes. Aborting `signal` cancels the turn. Never rejects. */
export async function ask(
  { nest, grantRights }: { readonly nest: Turns & Mesh; readonly grantRights: GrantRights },
  request: TurnRequest,
  printer: AnswerPrinter,
  signal: AbortSignal,
): Promise<AskOutcome> {
  const startedAt = performance.now();
  let firstAt: number | undefined;
  let soFar = '';
  printer.begin(request.model);
  try {
    const resolved = await nest.resolveModel(request.model, signal);
    const granted = await grantRights({ ...toReadable(request, foundModel(resolved)), resolved }, {});
    const { text, reason, usage } = await collect(nest.turn(granted, signal), (batch) => {
      for (const event of batch) {
        if (event.type === 'text-delta') soFar += event.text;
        if (event.type === 'text-delta' || event.type === 'reasoning-delta') firstAt ??= performance.now();
      }
      printer.show(batch);
    });
    const endedAt = performance.now();
    const firstMs = (firstAt ?? endedAt) - startedAt;
    return { type: 'answered', text, reason, usage, firstMs, totalMs: endedAt - startedAt };
  } catch (error) {
    if (signal.aborted) return { type: 'cancelled', text: soFar };
    return { type: 'failed', fault: Fault.from(error) };
  } finally {
    printer.end();
  }
}

/** Throws `bad-request` for an image that the model cannot see; a line stands for those of earlier messages. */
function toReadable(request: TurnRequest, model: Model | undefined): TurnRequest {
  if (missingCapabilities(model, neededCapabilities(request)).includes('vision'))
    throw new Fault('bad-request', `the model ${request.model} sees no images`);
  if (model === undefined || mayHave(model.card, 'vision')) return request;
  return { ...request, messages: withoutAttachments(request.messages, ['image']) };
}

/** What went wrong, and what to do about it. */
export function describeFault({ code, message }: Fault): string {
  return `${toPrintableLine(message).replace(/\.$/, '')}. ${remedyFor(code)}`;
}

/** Undefined for an answer that is whole. */
export function describeReason(reason: FinishReason): string | undefined {
  switch (reason) {
    case 'stop':
      return undefined;
    case 'length':
      return 'the answer was cut off where the model may write no more';
    case 'content-filter':
      return "the answer was cut off by the filter of the model's provider";
    case 'tool-calls':
      return 'the model wants tools, which there are none of here';
    default:
      return reason satisfies never;
  }
}

/** The speed of an answer that came all at once says nothing. */
const MIN_WRITING_MS = 10;

/** `120 tokens read, 34 written in 1.9 s (the first after 0.4 s), 22.7 tokens/s`. */
export function describeFigures({ usage, firstMs, totalMs }: AnswerFigures): string {
  const { promptTokens, completionTokens, estimated } = usage;
  const writingMs = totalMs - firstMs;
  const speed =
    writingMs >= MIN_WRITING_MS ? `, ${((completionTokens * 1_000) / writingMs).toFixed(1)} tokens/s` : '';
  const times = `${completionTokens} written in ${toSeconds(totalMs)} (the first after ${toSeconds(firstMs)})`;
  return `${promptTokens} tokens read, ${times}${speed}${estimated ? '; the counts are guesses' : ''}`;
}

/** The same in short: `34 tokens in 1.9 s`. */
export function describeCost({ usage, totalMs }: AnswerFigures): string {
  const { completionTokens, estimated } = usage;
  return `${estimated ? 'about ' : ''}${completionTokens} tokens in ${toSeconds(totalMs)}`;
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
