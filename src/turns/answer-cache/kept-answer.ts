/** An answer as it is kept: the text and reasoning of a turn in as few events as possible, and how it ended. */
import { z } from 'zod';
import { MAX_SUM } from '../../core/count.js';
import type { Event } from '../../core/event.js';
import { parseShared } from '../../shared/replica-store.js';

/** The largest answer that is kept, in bytes of its JSON. */
export const MAX_ANSWER_BYTES = 2 ** 20;

const count = z.int().min(0).max(MAX_SUM);

const keptAnswer = z.object({
  deltas: z
    .array(
      z.discriminatedUnion('type', [
        z.object({
          type: z.literal('text-delta'),
          text: z.string(),
          isBreak: z.literal(true).exactOptional(),
        }),
        z.object({ type: z.literal('reasoning-delta'), text: z.string() }),
      ]),
    )
    .readonly(),
  reason: z.enum(['stop', 'length']),
  usage: z.object({
    promptTokens: count,
    completionTokens: count,
    cachedTokens: count,
    cacheWriteTokens: count.exactOptional(),
    reasoningTokens: count.exactOptional(),
    estimated: z.boolean(),
    isPromptCounted: z.literal(true).exactOptional(),
  }),
  stopSequence: z.string().exactOptional(),
});

export type KeptAnswer = z.output<typeof keptAnswer>;
type Delta = KeptAnswer['deltas'][number];

/** Undefined for text that is no answer of this version. */
export function parseAnswer(json: string): KeptAnswer | undefined {
  return parseShared(keptAnswer, json);
}

/** The turn that an answer came from, as one batch. */
export function toEvents({ deltas, ...finish }: KeptAnswer): readonly Event[] {
  return [{ type: 'ready', cache: 'hit' }, ...deltas, { type: 'finish', ...finish }];
}

/** Records a turn as it passes by. Deltas of one kind become one: a replayed answer has no pace of its own. */
export class AnswerRecorder {
  readonly #deltas: { readonly first: Delta; readonly texts: string[] }[] = [];
  #characters = 0;
  #isUnfit = false;

  /** The answer, once `batch` has ended it; undefined before that, and for one that is not to be kept. */
  record(batch: readonly Event[]): KeptAnswer | undefined {
    if (this.#isUnfit) return undefined;
    for (const event of batch) {
      switch (event.type) {
        case 'ready':
          break;
        case 'text-delta':
        case 'reasoning-delta':
          this.#add(event);
          break;
        case 'logprobs':
        case 'tool-call':
        case 'tool-ran':
        case 'fault':
          this.#giveUp();
          return undefined;
        case 'finish':
          return this.#finish(event);
        default:
          event satisfies never;
      }
    }
    return undefined;
  }

  #add(delta: Delta): void {
    this.#characters += delta.text.length;
    if (this.#characters > MAX_ANSWER_BYTES) this.#giveUp();
    if (this.#isUnfit) return;
    const last = this.#deltas.at(-1);
    if (last?.first.type === delta.type && !isBreak(last.first) && !isBreak(delta))
      last.texts.push(delta.text);
    else this.#deltas.push({ first: delta, texts: [delta.text] });
  }

  /** An answer that was cut off for its content is no answer to give again; nor is one that ended on tool calls. */
  #finish({ type: _, reason, ...ending }: Extract<Event, { type: 'finish' }>): KeptAnswer | undefined {
    if (this.#isUnfit || (reason !== 'stop' && reason !== 'length')) return undefined;
    const deltas = this.#deltas.map(({ first, texts }) => ({ ...first, text: texts.join('') }));
    return { deltas, reason, ...ending };
  }

  #giveUp(): void {
    this.#isUnfit = true;
    this.#deltas.length = 0;
  }
}

/** True for what separates two messages, which stays a delta of its own. */
function isBreak(delta: Delta): boolean {
  return delta.type === 'text-delta' && delta.isBreak === true;
}
