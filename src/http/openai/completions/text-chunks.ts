/**
 * A streamed answer as `text_completion` events (src/http/openai/README.md, "Completions"): no roles, no deltas, no calls.
 */
import { addUsage, type Event } from '../../../core/event.js';
import type { TokenLogprob } from '../../../core/logprobs.js';
import { jsonText, splitText } from '../../answer/line-text.js';
import type { StreamEncoder } from '../../answer/respond.js';
import type { Envelope } from '../envelope.js';
import { toError } from '../error.js';
import { NO_USAGE, toFinishReason, toUsage } from '../ending.js';
import { choiceOf } from '../run-turns.js';
import { DONE, EVENT_STREAM, MAX_DELTA_CHARACTERS, PING } from '../sse.js';
import { toLegacyLogprobs } from './text-completion.js';

export interface TextChunkOptions {
  /** How many answers there will be. */
  readonly choices: number;
  /** Whether the client asked for the token counts. */
  readonly includeUsage: boolean;
  /** What the text of each answer begins with, where the prompts are wanted back. */
  readonly prefixes: readonly string[];
}

/** An answer's prompt, if it is wanted back, comes with its first visible event; its reason comes alone at its end. */
export class TextChunks implements StreamEncoder {
  readonly contentType = EVENT_STREAM;
  readonly ping = PING;
  readonly #options: TextChunkOptions;
  readonly #head: string;
  readonly #tail: string;
  /** Those whose prompt is out. */
  readonly #begun = new Set<number>();
  /** By answer: the probabilities that its next chunk is to hold, and where their first token begins. Most requests want none. */
  #logprobs: Map<number, { tokens: TokenLogprob[]; offset: number }> | undefined;
  #ended = 0;
  #usage = NO_USAGE;

  constructor({ id, created, model }: Envelope, options: TextChunkOptions) {
    const envelope = jsonText({ id, object: 'text_completion', created, model, system_fingerprint: null });
    this.#head = `data: ${envelope.slice(0, -1)},"choices":[`;
    this.#tail = `}]${options.includeUsage ? ',"usage":null' : ''}}\n\n`;
    this.#options = options;
  }

  get answers(): number {
    return this.#options.choices;
  }

  encode(batch: readonly Event[]): string {
    let text = '';
    for (const event of batch) text += this.#encodeEvent(event);
    return text;
  }

  #encodeEvent(event: Event): string {
    switch (event.type) {
      case 'ready':
      case 'reasoning-delta':
      case 'tool-call':
      case 'tool-ran':
        return '';
      case 'logprobs':
        return this.#begin(event) + this.#keep(choiceOf(event), event.tokens);
      case 'text-delta':
        return this.#begin(event) + this.#text(choiceOf(event), event.text);
      case 'finish':
        return this.#begin(event) + this.#finish(event);
      case 'fault':
        return `data: ${toError(event.fault).body}\n\n`;
      default:
        return event satisfies never;
    }
  }

  #begin(event: Event): string {
    const index = choiceOf(event);
    if (this.#begun.has(index)) return '';
    this.#begun.add(index);
    return this.#text(index, this.#options.prefixes[index] ?? '');
  }

  #keep(index: number, tokens: readonly TokenLogprob[]): string {
    this.#logprobs ??= new Map();
    const kept = this.#logprobs.get(index);
    if (kept !== undefined) kept.tokens.push(...tokens);
    else
      this.#logprobs.set(index, { tokens: [...tokens], offset: this.#options.prefixes[index]?.length ?? 0 });
    return '';
  }

  #takeLogprobs(index: number): string {
    const kept = this.#logprobs?.get(index);
    if (kept === undefined || kept.tokens.length === 0) return 'null';
    const { tokens, offset } = kept;
    kept.tokens = [];
    kept.offset += tokens.reduce((length, { token }) => length + token.length, 0);
    return jsonText(toLegacyLogprobs(tokens, offset));
  }

  #text(index: number, text: string): string {
    if (text === '') return '';
    return splitText(text, MAX_DELTA_CHARACTERS)
      .map((piece) => this.#chunk(index, piece, 'null'))
      .join('');
  }

  #finish(event: Extract<Event, { type: 'finish' }>): string {
    const { choices, includeUsage } = this.#options;
    this.#ended++;
    this.#usage = addUsage(this.#usage, event.usage);
    const end = this.#chunk(choiceOf(event), '', `"${toFinishReason(event.reason, 'none')}"`);
    if (this.#ended < choices) return end;
    if (!includeUsage) return end + DONE;
    return `${end}${this.#head}],"usage":${jsonText(toUsage(this.#usage))}}\n\n${DONE}`;
  }

  #chunk(index: number, text: string, reason: string): string {
    const logprobs = this.#logprobs === undefined ? 'null' : this.#takeLogprobs(index);
    const choice = `{"text":${jsonText(text)},"index":${index},"logprobs":${logprobs},"finish_reason":${reason}`;
    return this.#head + choice + this.#tail;
  }
}
