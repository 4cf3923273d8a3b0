/**
 * Builds a response from a turn's events, telling each step to a sink: the one state machine of streamed and of whole
 * answers (src/http/openai/README.md, "Order of response events" and "Whole answers").
 */
import type { Event, RanTool } from '../../../core/event.js';
import { Fault } from '../../../core/fault.js';
import type { TokenLogprob } from '../../../core/logprobs.js';
import { toResponseError } from './failure.js';
import {
  type EventSink,
  OpenMessage,
  OpenReasoning,
  type ReasoningStyle,
  writeCall,
  writeRanTool,
} from './open-items.js';
import type { CreateId, OutputItem } from './output-item.js';
import { ended, type Ending, incompleteReason, type ResponseObject } from './response-object.js';
import { toCalledTool, type ToolNames } from './tool-names.js';

export interface ResponsePlan {
  /** The response before its first event. */
  readonly start: ResponseObject;
  readonly names: ToolNames;
  readonly reasoning: ReasoningStyle;
  readonly createId: CreateId;
  /** Seals a summary: the answer is that, as one item, and nothing else is sent of it. Absent where no compaction is asked for. */
  readonly seal?: ((summary: string) => string) | undefined;
  /** True: nothing is answered, so that not even an empty message is there. */
  readonly isUnanswered?: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** For whole answers. */
const silentSink: EventSink = { event: () => {}, deltas: () => () => {} };

const CALL_PREFIXES = { function: 'fc', custom: 'ctc', tool_search: 'tsc' } as const;

type Phase = 'pending' | 'queued' | 'started' | 'ended';

/** Items come one after another, at most one of them is open, and after the end nothing is sent. */
export class ResponseBuilder {
  readonly #plan: ResponsePlan;
  readonly #sink: EventSink;
  readonly #output: OutputItem[] = [];
  readonly #callIds = new Set<string>();
  /** What a compaction is made of, so far. */
  #summary = '';
  /** Those that belong to the next text. */
  #logprobs: TokenLogprob[] | undefined;
  #open: OpenMessage | OpenReasoning | undefined;
  #phase: Phase = 'pending';
  #response: ResponseObject;

  constructor(plan: ResponsePlan, sink: EventSink) {
    this.#plan = plan;
    this.#sink = sink;
    this.#response = plan.start;
  }

  /** The response, once it has ended. */
  get ended(): ResponseObject | undefined {
    return this.#phase === 'ended' ? this.#response : undefined;
  }

  /** As it stands now; its output is there once it has ended. */
  get response(): ResponseObject {
    return this.#response;
  }

  /** True as long as no event has told of it. */
  get isPending(): boolean {
    return this.#phase === 'pending';
  }

  /** It is told of before its turn begins. */
  queue(): void {
    this.#phase = 'queued';
    this.#sink.event('response.created', { response: this.#response });
    this.#sink.event('response.queued', { response: this.#response });
  }

  /** Its turn has begun. May be called twice. */
  begin(): void {
    if (this.#phase === 'pending') this.#sink.event('response.created', { response: this.#response });
    else if (this.#phase !== 'queued') return;
    this.#phase = 'started';
    this.#response = { ...this.#response, status: 'in_progress' };
    this.#sink.event('response.in_progress', { response: this.#response });
  }

  /** Nothing more comes of its turn: what is open is not complete. May be called twice. */
  cancel(): void {
    if (this.#phase === 'ended' || this.#phase === 'pending') return;
    this.#close('incomplete');
    this.#end({ status: 'cancelled' });
  }

  accept(event: Event): void {
    if (this.#phase === 'ended' || !isVisible(event)) return;
    this.begin();
    if (this.#plan.seal !== undefined && event.type !== 'fault') {
      this.#compact(event, this.#plan.seal);
      return;
    }
    switch (event.type) {
      case 'ready':
        break;
      case 'text-delta':
        // It separates two messages of the model, also for clients that join the texts of all items.
        if (event.isBreak && !this.#hasMessage()) break;
        this.#message().push(event.text, this.#takeLogprobs());
        break;
      case 'reasoning-delta':
        this.#reasoning().push(event.text);
        break;
      case 'logprobs':
        // Those of thoughts and calls have no place here.
        if (event.of === 'text') {
          this.#logprobs ??= [];
          this.#logprobs.push(...event.tokens);
        }
        break;
      case 'tool-call':
        this.#call(event);
        break;
      case 'tool-ran':
        this.#toolRan(event.tool);
        break;
      case 'finish':
        this.#finish(event);
        break;
      case 'fault':
        // What is open stays open: an agent keeps a finished item, and repeats the turn behind it.
        this.#end({ status: 'failed', error: toResponseError(event.fault) });
        break;
      default:
        event satisfies never;
    }
  }

  #takeLogprobs(): readonly TokenLogprob[] | undefined {
    const logprobs = this.#logprobs;
    this.#logprobs = undefined;
    return logprobs;
  }

  #compact(event: Event, seal: (summary: string) => string): void {
    if (event.type === 'text-delta') this.#summary += event.text;
    if (event.type !== 'finish') return;
    const incomplete = incompleteReason(event.reason);
    if (incomplete !== undefined) {
      this.#end({ status: 'incomplete', usage: event.usage, reason: incomplete });
      return;
    }
    if (this.#summary.trim() === '') {
      const error = { code: 'server_error', message: 'the model gave no summary' } as const;
      this.#end({ status: 'failed', error });
      return;
    }
    const id = this.#plan.createId('cmp');
    const item = { id, type: 'compaction', encrypted_content: seal(this.#summary) } as const;
    this.#sink.event('response.output_item.added', {
      output_index: 0,
      item: { ...item, encrypted_content: '' },
    });
    this.#sink.event('response.output_item.done', { output_index: 0, item });
    this.#output.push(item);
    this.#end({ status: 'completed', usage: event.usage, at: Math.floor(this.#plan.now() / 1000) });
  }

  #message(): OpenMessage {
    if (this.#open?.type === 'message') return this.#open;
    this.#close('completed');
    const message = new OpenMessage(this.#sink, this.#plan.createId('msg'), this.#output.length);
    this.#open = message;
    return message;
  }

  #reasoning(): OpenReasoning {
    if (this.#open?.type === 'reasoning') return this.#open;
    this.#close('completed');
    const { createId, reasoning: style } = this.#plan;
    const reasoning = new OpenReasoning(this.#sink, createId('rs'), this.#output.length, style);
    this.#open = reasoning;
    return reasoning;
  }

  #call(call: Extract<Event, { type: 'tool-call' }>): void {
    this.#close('completed');
    const called = toCalledTool(call, this.#plan.names);
    const id = this.#plan.createId(CALL_PREFIXES[called.kind]);
    const callId = this.#uniqueCallId(call.id);
    this.#output.push(writeCall(this.#sink, called, { id, callId, outputIndex: this.#output.length }));
  }

  #toolRan(tool: RanTool): void {
    this.#close('completed');
    const ids = { id: this.#plan.createId('mcp'), outputIndex: this.#output.length };
    this.#output.push(writeRanTool(this.#sink, tool, ids));
  }

  /** Clients match results by it: never empty, never twice. */
  #uniqueCallId(id: string): string {
    const callId = id === '' || this.#callIds.has(id) ? this.#plan.createId('call') : id;
    this.#callIds.add(callId);
    return callId;
  }

  /** Calls come whole: an answer that ends with one is not cut, whatever the worker's reason. */
  #finish({ reason, usage }: Extract<Event, { type: 'finish' }>): void {
    const endsWithCall = this.#open === undefined && this.#callIds.size > 0;
    const incomplete = endsWithCall ? undefined : incompleteReason(reason);
    if (incomplete !== undefined) {
      this.#close('incomplete');
      this.#end({ status: 'incomplete', usage, reason: incomplete });
      return;
    }
    // Clients read the first message of an answer without calls: an empty one is there, too.
    if (!this.#plan.isUnanswered && this.#callIds.size === 0 && !this.#hasMessage()) this.#message();
    this.#close('completed');
    this.#end({ status: 'completed', usage, at: Math.floor(this.#plan.now() / 1000) });
  }

  #hasMessage(): boolean {
    return this.#open?.type === 'message' || this.#output.some((item) => item.type === 'message');
  }

  #close(status: 'completed' | 'incomplete'): void {
    if (this.#open === undefined) return;
    // Tokens without a text of their own: the end of the model's turn.
    const left = this.#open.type === 'message' ? this.#takeLogprobs() : undefined;
    if (left !== undefined && this.#open.type === 'message') this.#open.push('', left);
    this.#output.push(this.#open.close(status));
    this.#open = undefined;
  }

  #end(ending: Ending): void {
    this.#response = ended(this.#plan.start, this.#output, ending);
    this.#phase = 'ended';
    // There is no event of its own for what was cancelled, and clients throw at one that they do not know.
    const type = ending.status === 'cancelled' ? 'failed' : ending.status;
    this.#sink.event(`response.${type}`, { response: this.#response });
  }
}

/** True for what a client gets to see anything of: empty deltas and the start of a session do not release the headers. */
function isVisible(event: Event): boolean {
  switch (event.type) {
    case 'ready':
      return false;
    case 'text-delta':
    case 'reasoning-delta':
      return event.text !== '';
    default:
      return true;
  }
}

/**
 * A whole response: what a stream of the same turn would have ended with (src/http/openai/README.md, "Whole answers").
 * Rejects with the turn's own fault, which is an HTTP error here; with `link-lost` if the events stop without an end.
 * `onEvents`, if given, sees each batch.
 */
export async function collectResponse(
  turn: AsyncIterable<readonly Event[]>,
  plan: ResponsePlan,
  onEvents?: (batch: readonly Event[]) => void,
): Promise<ResponseObject> {
  const builder = new ResponseBuilder(plan, silentSink);
  for await (const batch of turn) {
    onEvents?.(batch);
    for (const event of batch) {
      if (event.type === 'fault') throw event.fault;
      builder.accept(event);
    }
    if (builder.ended) return builder.ended;
  }
  throw new Fault('link-lost', 'the answer stopped before its end');
}
