/**
 * The response itself: every key that strict clients want, in each snapshot of a stream and in a whole answer
 * (src/http/openai/README.md, "Response object").
 */
import type { FinishReason, Usage } from '../../../core/event.js';
import type { ResponsesFields } from './body-schema.js';
import type { ResponseError } from './failure.js';
import type { OutputItem } from './output-item.js';
import type { ResponsesTool } from './tool-schema.js';

/** What names a response before it is made. */
export interface ResponseIdentity {
  readonly id: string;
  /** Seconds since the epoch, whole. */
  readonly createdAt: number;
  /** The model's name as the client wrote it. */
  readonly model: string;
}

export type ResponseObject = ReturnType<typeof inProgress>;

/** How a response ended. */
export type Ending =
  | {
      readonly status: 'completed';
      readonly usage: Usage /** Seconds since the epoch. */;
      readonly at: number;
    }
  | { readonly status: 'incomplete'; readonly usage: Usage; readonly reason: IncompleteReason }
  | { readonly status: 'failed'; readonly error: ResponseError }
  | { readonly status: 'cancelled' };

type IncompleteReason = 'max_output_tokens' | 'content_filter';

/** A response without output; all that the request set is echoed. One that is made in the background waits at first. */
export function inProgress({ id, createdAt, model }: ResponseIdentity, body: ResponsesFields) {
  const background = body.background ?? false;
  return {
    id,
    object: 'response' as const,
    created_at: createdAt,
    status: (background ? 'queued' : 'in_progress') as 'queued' | 'in_progress' | Ending['status'],
    /** Of OpenAI's own programs for trusted users: its newest types want it there. */
    access_programs: null,
    background,
    completed_at: null as number | null,
    conversation: toConversation(body.conversation),
    error: null as ResponseError | null,
    frequency_penalty: body.frequency_penalty ?? 0,
    incomplete_details: null as { readonly reason: IncompleteReason } | null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model,
    moderation: null,
    output: [] as readonly OutputItem[],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    presence_penalty: body.presence_penalty ?? 0,
    previous_response_id: body.previous_response_id ?? null,
    prompt: null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    prompt_cache_retention: body.prompt_cache_retention ?? null,
    reasoning: {
      effort: body.reasoning?.effort ?? null,
      summary: body.reasoning?.summary ?? body.reasoning?.generate_summary ?? null,
    },
    safety_identifier: body.safety_identifier ?? null,
    /** As requested; the end has the one that was used. */
    service_tier: body.service_tier ?? 'auto',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: body.text?.verbosity ?? 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: (body.tools ?? []).map(asSent),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    usage: null as ReturnType<typeof toResponseUsage> | null,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

function toConversation(named: ResponsesFields['conversation']): { readonly id: string } | null {
  if (named == null) return null;
  return { id: typeof named === 'string' ? named : named.id };
}

/** The response as it ended; token counts are known only now. */
export function ended(
  response: ResponseObject,
  output: readonly OutputItem[],
  ending: Ending,
): ResponseObject {
  const whole = { ...response, status: ending.status, output, service_tier: 'default' };
  switch (ending.status) {
    case 'completed':
      return { ...whole, completed_at: ending.at, usage: toResponseUsage(ending.usage) };
    case 'incomplete':
      return {
        ...whole,
        incomplete_details: { reason: ending.reason },
        usage: toResponseUsage(ending.usage),
      };
    case 'failed':
      return { ...whole, error: ending.error };
    case 'cancelled':
      return whole;
    default:
      return ending satisfies never;
  }
}

/** Undefined where the answer is complete. */
export function incompleteReason(reason: FinishReason): IncompleteReason | undefined {
  switch (reason) {
    case 'length':
      return 'max_output_tokens';
    case 'content-filter':
      return 'content_filter';
    case 'stop':
    case 'tool-calls':
      return undefined;
    default:
      return reason satisfies never;
  }
}

/** Token counts: all of them, always. */
function toResponseUsage(usage: Usage) {
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}

/** A tool as the client wrote it, never as hum gets it. */
export function asSent(tool: ResponsesTool): object {
  if (tool.type === 'hosted') return tool.tool;
  if (tool.type === 'namespace') return { ...tool, tools: tool.tools.map(asSent) };
  return tool;
}
