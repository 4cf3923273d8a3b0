/** The answers to chat and generate, in lines or whole (src/http/ollama/README.md, "Chat" and "Generate"). */
import type { Answer } from '../../core/collect.js';
import type { Event } from '../../core/event.js';
import type { TokenLogprob } from '../../core/logprobs.js';
import { toTimestamp } from '../../core/timestamp.js';
import { toToolInput } from '../../core/tool-input.js';
import { jsonText, splitText } from '../answer/line-text.js';
import type { StreamEncoder } from '../answer/respond.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { type Envelope, toEnding } from './ending.js';
import { toErrorText } from './error.js';
import { jsonAnswer } from './route.js';

/** What stands in front of a value, and behind it up to the end of the line. */
type Frame = readonly [before: string, after: string];

/** What every line ends in. */
const LINE_END = '}\n';

/** One line of each kind, from behind `created_at`. The value is JSON; in `last` it is what follows `"done":true,`. */
export interface LineShape {
  readonly text: Frame;
  readonly thinking: Frame;
  readonly toolCalls: Frame;
  readonly last: Frame;
}

const EMPTY_MESSAGE = ',"message":{"role":"assistant","content":""';
const CHAT_END = '},"done":false}\n';

/** The lines of a streamed `/api/chat` answer (src/http/ollama/README.md, "Chat"). */
export const CHAT_LINES: LineShape = {
  text: [',"message":{"role":"assistant","content":', CHAT_END],
  thinking: [`${EMPTY_MESSAGE},"thinking":`, CHAT_END],
  toolCalls: [`${EMPTY_MESSAGE},"tool_calls":`, CHAT_END],
  last: [`${EMPTY_MESSAGE}},"done":true,`, '}\n'],
};

const EMPTY_RESPONSE = ',"response":""';
const GENERATE_END = ',"done":false}\n';

/** The lines of a streamed `/api/generate` answer (src/http/ollama/README.md, "Generate"). */
export const GENERATE_LINES: LineShape = {
  text: [',"response":', GENERATE_END],
  thinking: [`${EMPTY_RESPONSE},"thinking":`, GENERATE_END],
  toolCalls: [`${EMPTY_RESPONSE},"done":false,"tool_calls":`, '}\n'],
  last: [`${EMPTY_RESPONSE},"done":true,`, '}\n'],
};

/** A call as Ollama writes it: whole, with its arguments as an object. */
interface WireToolCall {
  readonly id: string;
  readonly function: { readonly index: number; readonly name: string; readonly arguments: object };
}

/** `index` counts the calls of one answer from 0. */
function toWireToolCall(call: Extract<Event, { type: 'tool-call' }>, index: number): WireToolCall {
  return { id: call.id, function: { index, name: call.name, arguments: toToolInput(call.input).value } };
}

/**
 * Writes one kind of thing per line (clients lose text that shares a line with thinking: src/http/README.md, "Traps", 7),
 * each tool call whole, and nothing after the last line or an error.
 */
export class LineEncoder implements StreamEncoder {
  readonly contentType = 'application/x-ndjson';
  readonly #shape: LineShape;
  readonly #envelope: Envelope;
  readonly #model: string;
  #headAt: number | undefined;
  #head = '';
  #toolCallCount = 0;
  #ended = false;
  /** Those that the next line is to hold. */
  #logprobs: TokenLogprob[] | undefined;
  /** The answer so far, where its end is to carry the conversation. */
  #text = '';

  constructor(shape: LineShape, envelope: Envelope) {
    this.#shape = shape;
    this.#envelope = envelope;
    this.#model = jsonText(envelope.model);
  }

  encode(batch: readonly Event[]): string {
    if (this.#ended) return '';
    this.#envelope.timings.observe(batch);
    this.#setHead();
    let calls: WireToolCall[] = [];
    let lines = '';
    for (const event of batch) {
      if (calls.length > 0 && event.type !== 'tool-call') {
        lines += this.#line(this.#shape.toolCalls, jsonText(calls));
        calls = [];
      }
      switch (event.type) {
        case 'ready':
          break;
        case 'text-delta':
          if (this.#envelope.toContext) this.#text += event.text;
          lines += this.#deltas(this.#shape.text, event.text);
          break;
        case 'reasoning-delta':
          lines += this.#deltas(this.#shape.thinking, event.text);
          break;
        case 'logprobs':
          this.#logprobs ??= [];
          this.#logprobs.push(...event.tokens);
          break;
        case 'tool-call':
          calls.push(toWireToolCall(event, this.#toolCallCount++));
          break;
        case 'tool-ran':
          break;
        case 'finish':
          this.#ended = true;
          return lines + this.#last(event);
        case 'fault':
          this.#ended = true;
          return `${lines}{"error":${jsonText(toErrorText(event.fault))}}\n`;
        default:
          event satisfies never;
      }
    }
    return calls.length > 0 ? lines + this.#line(this.#shape.toolCalls, jsonText(calls)) : lines;
  }

  /** Once per batch at most, and not again within a millisecond. */
  #setHead(): void {
    const now = this.#envelope.clock.now();
    if (now === this.#headAt) return;
    this.#headAt = now;
    this.#head = `{"model":${this.#model},"created_at":"${toTimestamp(now)}"`;
  }

  #line([before, after]: Frame, json: string): string {
    const line = this.#head + before + json + after;
    return this.#logprobs === undefined ? line : this.#withLogprobs(line, this.#logprobs);
  }

  /** As Ollama has them: behind `done`. */
  #withLogprobs(line: string, logprobs: readonly TokenLogprob[]): string {
    this.#logprobs = undefined;
    return `${line.slice(0, -LINE_END.length)},"logprobs":${jsonText(logprobs)}${LINE_END}`;
  }

  #deltas(frame: Frame, text: string): string {
    if (text === '') return '';
    let lines = '';
    for (const piece of splitText(text)) lines += this.#line(frame, jsonText(piece));
    return lines;
  }

  #last(finish: Extract<Event, { type: 'finish' }>): string {
    const json = jsonText(toEnding(this.#envelope, finish.reason, finish.usage, this.#text));
    return this.#line(this.#shape.last, json.slice(1, -1));
  }
}

export function wholeChatAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  const thinking = thinkingOf(answer);
  const tool_calls = toolCallsOf(answer);
  return wholeAnswer(answer, envelope, {
    message: { role: 'assistant', content: answer.text, thinking, tool_calls },
  });
}

export function wholeGenerateAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  const content = { response: answer.text, thinking: thinkingOf(answer) };
  return wholeAnswer(answer, envelope, content, { tool_calls: toolCallsOf(answer) });
}

/** @param content the answer's text, reasoning and calls under this route's keys; `last` stands at the end */
function wholeAnswer(answer: Answer, envelope: Envelope, content: object, last?: object): WireAnswer {
  const { model, clock } = envelope;
  const ending = toEnding(envelope, answer.reason, answer.usage, answer.text);
  return jsonAnswer({
    model,
    created_at: toTimestamp(clock.now()),
    ...content,
    done: true,
    logprobs: answer.logprobs,
    ...ending,
    ...last,
  });
}

/** Only where there is some: clients take an empty `thinking` for a message of nothing else. */
function thinkingOf({ reasoning }: Answer) {
  return reasoning === '' ? undefined : reasoning;
}

function toolCallsOf({ toolCalls }: Answer) {
  return toolCalls.length === 0 ? undefined : toolCalls.map(toWireToolCall);
}
