/**
 * The items of a response while they are written, each step sent to a sink in the order of
 * src/http/openai/README.md, "Order of response events".
 */
import { isUtf8 } from 'node:buffer';
import type { RanTool } from '../../../core/event.js';
import { alternativesOf, bytesOf, type TokenLogprob } from '../../../core/logprobs.js';
import { parseJson } from '../../../core/json-object.js';
import type { ResponsesFields } from './body-schema.js';
import type {
  CallItem,
  ItemStatus,
  McpCallItem,
  MessageItem,
  ReasoningItem,
  TextLogprob,
  TextPart,
} from './output-item.js';
import type { CalledTool } from './tool-names.js';

/** Where the events of a response go while it is built: into a stream's frames, or nowhere for a whole answer. */
export interface EventSink {
  /** Sends one event; its `type` and number are put in front of `fields`. */
  event(type: string, fields: object): void;
  /** A writer of delta events that differ only in their text; `address` stands before the delta, `rest` behind it. */
  deltas(type: string, address: object, rest?: object): DeltaWriter;
}

/** Writes one delta. @param rest stands behind it in the place of what stands there otherwise */
export type DeltaWriter = (delta: string, rest?: object) => void;

/** Whether reasoning is sent as summaries or as it is: never both, or a client that reads both displays it twice. */
export type ReasoningForm = 'summary' | 'text';

export interface ReasoningStyle {
  readonly form: ReasoningForm;
  /** The thoughts once more, opaque, for clients that give them back instead of the text. */
  readonly withEncrypted: boolean;
}

/** What a request includes that is to have its reasoning as it is: a word of ours, OpenAI gives none out. */
const AS_IT_IS = 'reasoning.content';

/** What the events of each form are called, and where they say that they belong. */
const WORDS = {
  summary: {
    added: 'response.reasoning_summary_part.added',
    delta: 'response.reasoning_summary_text.delta',
    textDone: 'response.reasoning_summary_text.done',
    done: 'response.reasoning_summary_part.done',
    position: { summary_index: 0 },
    part: 'summary_text',
  },
  text: {
    added: 'response.content_part.added',
    delta: 'response.reasoning_text.delta',
    textDone: 'response.reasoning_text.done',
    done: 'response.content_part.done',
    position: { content_index: 0 },
    part: 'reasoning_text',
  },
} as const;

/** A message that is being written: one text part. */
export class OpenMessage {
  readonly type = 'message';
  readonly #sink: EventSink;
  readonly #id: string;
  readonly #outputIndex: number;
  readonly #part: { readonly item_id: string; readonly output_index: number; readonly content_index: 0 };
  readonly #delta: DeltaWriter;
  readonly #logprobs: TextLogprob[] = [];
  #text = '';

  constructor(sink: EventSink, id: string, outputIndex: number) {
    this.#sink = sink;
    this.#id = id;
    this.#outputIndex = outputIndex;
    this.#part = { item_id: id, output_index: outputIndex, content_index: 0 };
    this.#delta = sink.deltas('response.output_text.delta', this.#part, { logprobs: [] });
    const item = this.#item('in_progress', []);
    sink.event('response.output_item.added', { output_index: outputIndex, item });
    sink.event('response.content_part.added', this.#withPart(textPart('')));
  }

  /** @param tokens the probabilities of what `text` is made of */
  push(text: string, tokens?: readonly TokenLogprob[]): void {
    this.#text += text;
    if (tokens === undefined) {
      this.#delta(text);
      return;
    }
    const logprobs = tokens.map(toTextLogprob);
    this.#logprobs.push(...logprobs);
    this.#delta(text, { logprobs });
  }

  close(status: ItemStatus): MessageItem {
    const part = textPart(this.#text, this.#logprobs);
    const item = this.#item(status, [part]);
    const { item_id, output_index, content_index } = this.#part;
    const text = { item_id, output_index, content_index, text: this.#text, logprobs: this.#logprobs };
    this.#sink.event('response.output_text.done', text);
    this.#sink.event('response.content_part.done', this.#withPart(part));
    this.#sink.event('response.output_item.done', { output_index: this.#outputIndex, item });
    return item;
  }

  #withPart(part: TextPart): object {
    const { item_id, output_index, content_index } = this.#part;
    return { item_id, output_index, content_index, part };
  }

  #item(status: ItemStatus, content: MessageItem['content']): MessageItem {
    return { id: this.#id, type: 'message', status, role: 'assistant', content };
  }
}

/** Thoughts that are being written. */
export class OpenReasoning {
  readonly type = 'reasoning';
  readonly #sink: EventSink;
  readonly #id: string;
  readonly #outputIndex: number;
  readonly #style: ReasoningStyle;
  readonly #address: object;
  readonly #delta: DeltaWriter;
  #text = '';

  constructor(sink: EventSink, id: string, outputIndex: number, style: ReasoningStyle) {
    this.#sink = sink;
    this.#id = id;
    this.#outputIndex = outputIndex;
    this.#style = style;
    const { added, delta, position, part } = WORDS[style.form];
    this.#address = { item_id: id, output_index: outputIndex, ...position };
    this.#delta = sink.deltas(delta, this.#address);
    const item = this.#item('in_progress', undefined);
    sink.event('response.output_item.added', { output_index: outputIndex, item });
    sink.event(added, { ...this.#address, part: { type: part, text: '' } });
  }

  push(text: string): void {
    this.#text += text;
    this.#delta(text);
  }

  close(status: ItemStatus): ReasoningItem {
    const { textDone, done, part } = WORDS[this.#style.form];
    const item = this.#item(status, this.#text);
    this.#sink.event(textDone, { ...this.#address, text: this.#text });
    this.#sink.event(done, { ...this.#address, part: { type: part, text: this.#text } });
    this.#sink.event('response.output_item.done', { output_index: this.#outputIndex, item });
    return item;
  }

  /** @param text undefined while the item has none */
  #item(status: ItemStatus, text: string | undefined): ReasoningItem {
    const { form, withEncrypted } = this.#style;
    const texts = text === undefined ? [] : [text];
    return {
      id: this.#id,
      type: 'reasoning',
      status,
      summary: form === 'summary' ? texts.map((each) => ({ type: 'summary_text', text: each })) : [],
      ...(form === 'text' ? { content: texts.map((each) => ({ type: 'reasoning_text', text: each })) } : {}),
      ...(withEncrypted ? { encrypted_content: text === undefined ? null : toOpaque(text) } : {}),
    };
  }
}

/** hum's reasoning has no signature: this is the text itself, in a form that is not displayed by mistake. */
function toOpaque(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The thoughts that `toOpaque` has written; '' for what another server has. */
export function fromOpaque(opaque: string): string {
  const bytes = Buffer.from(opaque, 'base64');
  return isUtf8(bytes) && bytes.toString('base64') === opaque ? bytes.toString() : '';
}

export interface CallIds {
  readonly id: string;
  readonly callId: string;
  readonly outputIndex: number;
}

/** A call for the client to run: it comes whole, so its item opens and closes at once. */
export function writeCall(sink: EventSink, called: CalledTool, ids: CallIds): CallItem {
  const { name, input } = called;
  const address = { item_id: ids.id, output_index: ids.outputIndex };
  sink.event('response.output_item.added', {
    output_index: ids.outputIndex,
    item: toItem(called, ids, 'in_progress', ''),
  });
  switch (called.kind) {
    case 'custom':
      sink.deltas('response.custom_tool_call_input.delta', address)(input);
      sink.event('response.custom_tool_call_input.done', { ...address, input });
      break;
    case 'function':
      sink.deltas('response.function_call_arguments.delta', address)(input);
      sink.event('response.function_call_arguments.done', { ...address, name, arguments: input });
      break;
    case 'tool_search':
      // Its arguments have no events of their own.
      break;
    default:
      called.kind satisfies never;
  }
  const item = toItem(called, ids, 'completed', input);
  sink.event('response.output_item.done', { output_index: ids.outputIndex, item });
  return item;
}

/** A tool that ran on the worker's side: its item opens and closes at once. */
export function writeRanTool(
  sink: EventSink,
  { server, name, input, output, isError }: RanTool,
  { id, outputIndex }: Omit<CallIds, 'callId'>,
): McpCallItem {
  const address = { item_id: id, output_index: outputIndex };
  const opened: McpCallItem = {
    id,
    type: 'mcp_call',
    status: 'in_progress',
    approval_request_id: null,
    arguments: '',
    error: null,
    name,
    output: null,
    server_label: server,
  };
  sink.event('response.output_item.added', { output_index: outputIndex, item: opened });
  sink.event('response.mcp_call.in_progress', address);
  sink.deltas('response.mcp_call_arguments.delta', address)(input);
  sink.event('response.mcp_call_arguments.done', { ...address, arguments: input });
  const status = isError ? 'failed' : 'completed';
  sink.event(`response.mcp_call.${status}`, address);
  const result = isError ? { error: output } : { output };
  const item = { ...opened, status, arguments: input, ...result } as const;
  sink.event('response.output_item.done', { output_index: outputIndex, item });
  return item;
}

function toItem(
  { kind, name, namespace }: CalledTool,
  { id, callId }: CallIds,
  status: ItemStatus,
  input: string,
): CallItem {
  const rest = { status, call_id: callId, name, ...(namespace !== undefined ? { namespace } : {}) };
  switch (kind) {
    case 'custom':
      return { id, type: 'custom_tool_call', ...rest, input };
    case 'function':
      return { id, type: 'function_call', ...rest, arguments: input };
    case 'tool_search': {
      // An object, as its schema says; what a worker sends that is no JSON stays the text that it is.
      const sought = input === '' ? {} : parseJson(input, input);
      return {
        id,
        type: 'tool_search_call',
        status,
        call_id: callId,
        execution: 'client',
        arguments: sought,
      };
    }
    default:
      return kind satisfies never;
  }
}

/** `summary`, which every client reads, but for a request that asks for reasoning as it is. */
export function reasoningForm({ include }: ResponsesFields): ReasoningForm {
  return include?.includes(AS_IT_IS) ? 'text' : 'summary';
}

function toTextLogprob(token: TokenLogprob): TextLogprob {
  return { ...toTextToken(token), top_logprobs: alternativesOf(token).map(toTextToken) };
}

function toTextToken(token: TokenLogprob) {
  return { token: token.token, bytes: bytesOf(token), logprob: token.logprob };
}

export function textPart(text: string, logprobs: readonly TextLogprob[] = []): TextPart {
  return { type: 'output_text', text, annotations: [], logprobs };
}
