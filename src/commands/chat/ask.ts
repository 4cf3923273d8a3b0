/** One message and its answer. */
import { collect } from '../../core/collect.js';
import type { FinishReason, Usage } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import { foundModel, mayHave, missingCapabilities, type Model } from '../../core/model.js';
import type { GrantRights, Mesh, Turns } from '../../core/port.js';
import { neededCapabilities, type TurnRequest, withoutAttachments } from '../../core/request.js';
import type { AnswerPrinter } from './answer-printer.js';

export type Asked =
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
): Promise<Asked> {
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
