/** Watches every turn of a conversation and has it written down. */
import type { Event, Usage } from '../conversation/event.js';
import { ForwardingConversation } from '../conversation/forwarding-conversation.js';
import type { Conversation } from '../conversation/port.js';
import type { TurnRequest } from '../conversation/request.js';
import type { TurnRecord } from '../conversation/turn-record.js';

const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };

/** A conversation whose turns are handed to `record` when they end, however they end. */
export class JournalledConversation extends ForwardingConversation {
  readonly #record: (record: TurnRecord) => void;

  constructor(inner: Conversation, record: (record: TurnRecord) => void) {
    super(inner);
    this.#record = record;
  }

  override async *turn(
    request: TurnRequest,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Event[], void, undefined> {
    const at = new Date().toISOString();
    const startedAt = performance.now();
    let firstAt: number | undefined;
    let outcome: TurnRecord['outcome'] = 'left';
    let usage = NO_USAGE;
    try {
      for await (const batch of this.inner.turn(request, signal)) {
        if (firstAt === undefined && batch.some((event) => event.type !== 'ready'))
          firstAt = performance.now();
        const end = batch.at(-1);
        if (end?.type === 'finish') {
          outcome = end.reason;
          usage = end.usage;
        } else if (end?.type === 'fault') outcome = end.fault.code;
        yield batch;
      }
    } finally {
      const { caller } = request;
      this.#record({
        at,
        requestId: caller?.requestId ?? null,
        keyId: caller?.keyId ?? null,
        surface: caller?.surface ?? 'unknown',
        model: request.model,
        outcome,
        ...usage,
        firstMs: firstAt === undefined ? null : Math.round(firstAt - startedAt),
        totalMs: Math.round(performance.now() - startedAt),
      });
    }
  }
}
