/** An answer as a `message`: whole, and the fields that a streamed one has too. */
import { randomBytes } from 'node:crypto';
import type { Answer } from '../../core/collect.js';
import type { FinishReason, RanTool, Usage } from '../../core/event.js';
import { toToolInput } from '../../core/tool-input.js';
import { clientName, type ToolsetMember } from './toolsets.js';

const ID_BYTES = 12;

/** How an answer is told. */
export interface MessageStyle {
  /** Tokens of the input by an estimate, at least 1, for where no worker counts them: the same in every place. */
  readonly inputTokens: number;
  /** True where the client wants to know that there were thoughts, and not read them. */
  readonly hidesThinking: boolean;
  /** Of the client's toolsets, whose calls are told with their family. */
  readonly members?: readonly ToolsetMember[];
}

/** Begins the ids of tools that ran on the worker's side: what a client sends back of them is known by it. */
export const RAN_TOOL_ID = 'mcptoolu_hum';

/** A tool that ran on the worker's side, as a call and its result that Anthropic's own server would have run. */
export function toMcpBlocks({ server, name, input, output, isError }: RanTool) {
  const id = RAN_TOOL_ID + randomBytes(ID_BYTES).toString('hex');
  return {
    use: { type: 'mcp_tool_use', id, name, input: toToolInput(input).value, server_name: server },
    result: {
      type: 'mcp_tool_result',
      tool_use_id: id,
      is_error: isError,
      content: output === '' ? [] : [{ type: 'text', text: output }],
    },
  };
}

/** A whole answer. One of nothing has no blocks. Reasoning is not signed here: the signature is empty. */
export function toWholeMessage(answer: Answer, envelope: Envelope, style: MessageStyle) {
  const { text, messages = [text], reasoning, toolCalls, reason, stopSequence, usage } = answer;
  return {
    ...emptyMessage(envelope),
    content: [
      ...(reasoning !== ''
        ? [{ type: 'thinking', thinking: style.hidesThinking ? '' : reasoning, signature: '' }]
        : []),
      ...toTexts(text === '' ? [] : messages, answer.ranTools ?? []),
      ...toolCalls.map((call) => toToolUse(call, toToolInput(call.input).value, style)),
    ],
    ...toEnd(reason, toolCalls.length > 0, stopSequence),
    usage: toUsage(usage, style),
  };
}

/** The messages, and between them the tools that ran there. */
function toTexts(messages: readonly string[], ranTools: NonNullable<Answer['ranTools']>): readonly object[] {
  const blocks: object[] = [];
  let shown = 0;
  const addToolsUpTo = (begun: number) => {
    for (let next = ranTools[shown]; next !== undefined && next.after <= begun; next = ranTools[++shown]) {
      const { use, result } = toMcpBlocks(next.tool);
      blocks.push(use, result);
    }
  };
  for (const [index, text] of messages.entries()) {
    addToolsUpTo(index);
    blocks.push({ type: 'text', text });
  }
  addToolsUpTo(Number.POSITIVE_INFINITY);
  return blocks;
}

/** What SDKs require of a message, besides its content, its end and its usage. */
export function emptyMessage({ id, model }: Envelope) {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    container: null,
    context_management: null,
    diagnostics: null,
  };
}

export function toToolUse(
  { id, name }: { readonly id: string; readonly name: string },
  input: object,
  { members = [] }: Pick<MessageStyle, 'members'>,
) {
  return { type: 'tool_use', id, ...clientName(members, name), input, caller: { type: 'direct' } };
}

/** Why an answer ended. */
export function toEnd(reason: FinishReason, hasCalls: boolean, stopSequence: string | undefined) {
  return {
    stop_reason: toStopReason(reason, hasCalls, stopSequence),
    stop_sequence: hasCalls ? null : (stopSequence ?? null),
    stop_details: null,
  };
}

/** The id and model of an answer. */
export interface Envelope {
  /** `msg_` and random letters and digits. */
  readonly id: string;
  /** The model's name as the client wrote it. */
  readonly model: string;
}

export function createEnvelope(model: string): Envelope {
  return { id: `msg_${randomBytes(ID_BYTES).toString('hex')}`, model };
}

/**
 * Why an answer ended, in one of Anthropic's words. Calls decide, whatever the worker's reason: agents run them on `tool_use` only, and
 * would wait for calls that never came. A stop sequence is known where the bridge has cut the answer at it: workers do not tell it from
 * the answer's own end.
 */
function toStopReason(
  reason: FinishReason,
  hasCalls: boolean,
  stopSequence: string | undefined,
): 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use' | 'refusal' {
  if (hasCalls) return 'tool_use';
  switch (reason) {
    case 'stop':
    case 'tool-calls':
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
    case 'length':
      return 'max_tokens';
    case 'content-filter':
      return 'refusal';
    default:
      return reason satisfies never;
  }
}

/** Token counts: those that were read from a cache, or written to one, do not count as input. */
export function toUsage(usage: Usage, { inputTokens }: Pick<MessageStyle, 'inputTokens'>) {
  const { promptTokens, cachedTokens, cacheWriteTokens = 0, completionTokens, reasoningTokens } = usage;
  return {
    ...emptyUsage(),
    input_tokens:
      usage.estimated && usage.isPromptCounted !== true
        ? inputTokens
        : Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation:
      cacheWriteTokens > 0
        ? { ephemeral_5m_input_tokens: cacheWriteTokens, ephemeral_1h_input_tokens: 0 }
        : null,
    output_tokens: completionTokens,
    output_tokens_details: reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
  };
}

/** Before there is anything to count. */
export function firstUsage({ inputTokens }: Pick<MessageStyle, 'inputTokens'>) {
  return { ...emptyUsage(), input_tokens: inputTokens };
}

/** What SDKs require, and no worker tells, is null. */
function emptyUsage() {
  return {
    input_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: null,
    output_tokens: 0,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: null,
    inference_geo: null,
    speed: null,
  };
}
