/**
 * Makes a span of each turn, in the words of OpenTelemetry's conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/). No word of a conversation is in it.
 */
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { FinishReason } from '../core/event.js';
import type { TurnRequest } from '../core/request.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

const PROVIDER = 'hum';

export class TurnSpans implements TurnObserver {
  readonly #tracer: Tracer;
  readonly #hive: string;
  readonly #spans = new WeakMap<ObservedTurn, Span>();

  constructor(tracer: Tracer, hive: string) {
    this.#tracer = tracer;
    this.#hive = hive;
  }

  begin(turn: ObservedTurn): void {
    const { request, model } = turn;
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': PROVIDER,
      // What the one above was called before version 1.37 of the conventions.
      'gen_ai.system': PROVIDER,
      'gen_ai.request.model': model,
      'thrum_bridge.hive': this.#hive,
      ...toCallerAttributes(request),
      ...toSamplingAttributes(request),
    };
    const parent = toParentContext(request.caller?.traceParent);
    const span = this.#tracer.startSpan(`chat ${model}`, { kind: SpanKind.CLIENT, attributes }, parent);
    this.#spans.set(turn, span);
  }

  batch(turn: ObservedTurn, _: number, gapMs: number | undefined): void {
    if (gapMs === undefined) this.#spans.get(turn)?.addEvent('first_token');
  }

  end(turn: ObservedTurn, { record, fault }: EndedTurn): void {
    const span = this.#spans.get(turn);
    if (span === undefined) return;
    const { outcome } = record;
    span.setAttribute('thrum_bridge.outcome', outcome);
    if (turn.sid !== undefined) span.setAttribute('gen_ai.conversation.id', turn.sid);
    if (fault !== undefined) {
      span.setAttribute('error.type', fault.code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    } else if (isFinish(outcome)) {
      span.setAttributes({
        'gen_ai.response.finish_reasons': [FINISH_REASONS[outcome]],
        'gen_ai.usage.input_tokens': record.promptTokens,
        'gen_ai.usage.output_tokens': record.completionTokens,
        'gen_ai.usage.cache_read.input_tokens': record.cachedTokens,
      });
    }
    span.end();
  }
}

/** The conventions' own words. */
const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_call',
  'content-filter': 'content_filter',
};

function isFinish(outcome: string): outcome is FinishReason {
  return Object.hasOwn(FINISH_REASONS, outcome);
}

function toCallerAttributes({ caller }: TurnRequest): Attributes {
  if (caller === undefined) return {};
  return { 'thrum_bridge.request_id': caller.requestId, 'thrum_bridge.surface': caller.surface };
}

function toSamplingAttributes({ sampling }: TurnRequest): Attributes {
  return {
    'gen_ai.request.temperature': sampling.temperature,
    'gen_ai.request.top_p': sampling.topP,
    'gen_ai.request.top_k': sampling.topK,
    'gen_ai.request.max_tokens': sampling.maxTokens,
    'gen_ai.request.seed': sampling.seed,
    'gen_ai.request.frequency_penalty': sampling.frequencyPenalty,
    'gen_ai.request.presence_penalty': sampling.presencePenalty,
  };
}

/** As https://www.w3.org/TR/trace-context/ has it, of any version: what later ones may add stands behind. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** The context of a span whose parent is the client's; one without a parent where the header says nothing that counts. */
function toParentContext(traceParent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(traceParent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
