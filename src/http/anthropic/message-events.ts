/** A streamed answer as Anthropic's named events (src/http/anthropic/README.md, "Streams"). */
import type { Event, RanTool } from '../../core/event.js';
import { toToolInput } from '../../core/tool-input.js';
import { jsonText, splitText } from '../answer/line-text.js';
import { type StreamEncoder, toUnfitCallsComment } from '../answer/respond.js';
import { toErrorEvent } from './error.js';
import {
  emptyMessage,
  type Envelope,
  firstUsage,
  type MessageStyle,
  toEnd,
  toMcpBlocks,
  toToolUse,
  toUsage,
} from './message.js';

/** Written as escapes, each of them six bytes long, these still fit into a line of 64 KiB. */
const MAX_DELTA_CHARACTERS = 10_000;

/** How a block begins, and how its deltas do, up to the JSON text that they carry. */
const BLOCKS = {
  text: { start: '{"type":"text","text":""}', delta: '{"type":"text_delta","text":' },
  thinking: {
    start: '{"type":"thinking","thinking":"","signature":""}',
    delta: '{"type":"thinking_delta","thinking":',
  },
} as const;
const INPUT_DELTA = '{"type":"input_json_delta","partial_json":';

/**
 * One block after the other, numbered without a gap: a block goes on for as long as its kind of delta comes, and each call
 * is a block of its own, as is each message of the worker. A fault is sent in-band and ends the stream as it is, so that no
 * client takes it for complete.
 */
export class MessageEvents implements StreamEncoder {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly ping = 'event: ping\ndata: {"type": "ping"}\n\n';
  /** What is still to be sent before the first visible event. */
  #opening: string;
  #open: keyof typeof BLOCKS | undefined;
  /** All that stands in front of the text of a delta of the open block. */
  #prefix = '';
  #blocks = 0;
  #hasCalls = false;
  readonly #style: MessageStyle;

  /** @param style a worker's own count of the input comes at the end */
  constructor(envelope: Envelope, style: MessageStyle) {
    this.#style = style;
    const message = {
      ...emptyMessage(envelope),
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: firstUsage(style),
    };
    this.#opening = frame('message_start', `"message":${jsonText(message)}`);
  }

  encode(batch: readonly Event[]): string {
    let text = '';
    for (const event of batch) text += this.#encodeEvent(event);
    return text;
  }

  #encodeEvent(event: Event): string {
    switch (event.type) {
      case 'ready':
        return event.unfitCalls ? toUnfitCallsComment(event.unfitCalls) : '';
      case 'logprobs':
        return '';
      case 'text-delta':
        if (event.isBreak) return this.#open === 'text' ? this.#close() : '';
        return event.text === '' ? '' : this.#append('text', event.text);
      case 'reasoning-delta':
        if (event.text === '') return '';
        return this.#style.hidesThinking ? this.#think() : this.#append('thinking', event.text);
      case 'tool-call':
        return this.#call(event);
      case 'tool-ran':
        return this.#toolRan(event.tool);
      case 'finish':
        return this.#finish(event);
      case 'fault':
        return toErrorEvent(event.fault);
      default:
        return event satisfies never;
    }
  }

  #append(kind: keyof typeof BLOCKS, text: string): string {
    const before = this.#open === kind ? '' : this.#start(kind);
    if (text.length <= MAX_DELTA_CHARACTERS) return before + this.#delta(text);
    return before + this.#deltas(text);
  }

  /** A block that says only that there were thoughts. */
  #think(): string {
    return this.#open === 'thinking' ? '' : this.#start('thinking');
  }

  #start(kind: keyof typeof BLOCKS): string {
    const before = this.#begin() + this.#close();
    this.#open = kind;
    return before + this.#startBlock(BLOCKS[kind].start, BLOCKS[kind].delta);
  }

  #call(call: Extract<Event, { type: 'tool-call' }>): string {
    this.#hasCalls = true;
    const before = this.#begin() + this.#close();
    const start = this.#startBlock(jsonText(toToolUse(call, {}, this.#style)), INPUT_DELTA);
    return before + start + this.#deltas(toToolInput(call.input).json) + this.#stopBlock();
  }

  /** A tool that ran on the worker's side: its call and its result are a block each. */
  #toolRan(tool: RanTool): string {
    const { use, result } = toMcpBlocks(tool);
    const before = this.#begin() + this.#close();
    const call = this.#startBlock(jsonText({ ...use, input: {} }), INPUT_DELTA);
    const input = this.#deltas(toToolInput(tool.input).json) + this.#stopBlock();
    return before + call + input + this.#startBlock(jsonText(result), '') + this.#stopBlock();
  }

  #finish({ reason, usage, stopSequence }: Extract<Event, { type: 'finish' }>): string {
    const delta = { ...toEnd(reason, this.#hasCalls, stopSequence), container: null };
    const counts = jsonText(toUsage(usage, this.#style));
    const fields = `"delta":${jsonText(delta)},"usage":${counts},"context_management":null`;
    const end = frame('message_delta', fields);
    return `${this.#begin()}${this.#close()}${end}event: message_stop\ndata: {"type":"message_stop"}\n\n`;
  }

  #begin(): string {
    const opening = this.#opening;
    this.#opening = '';
    return opening;
  }

  #close(): string {
    if (this.#open === undefined) return '';
    this.#open = undefined;
    return this.#stopBlock();
  }

  #startBlock(block: string, delta: string): string {
    const index = this.#blocks++;
    this.#prefix = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}`;
    return frame('content_block_start', `"index":${index},"content_block":${block}`);
  }

  #stopBlock(): string {
    return frame('content_block_stop', `"index":${this.#blocks - 1}`);
  }

  #deltas(text: string): string {
    return splitText(text, MAX_DELTA_CHARACTERS)
      .map((piece) => this.#delta(piece))
      .join('');
  }

  #delta(text: string): string {
    return `${this.#prefix}${jsonText(text)}}}\n\n`;
  }
}

/** @param fields JSON members that follow the type, without braces */
function frame(type: string, fields: string): string {
  return `event: ${type}\ndata: {"type":"${type}",${fields}}\n\n`;
}
