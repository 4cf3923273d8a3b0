/** Reads the results that a request brings, and says which call each of them belongs to. */
import type { Message, ToolCall, ToolMessage, TurnRequest } from '../../core/request.js';
import type { GivenCall } from '../turn/read-tones.js';

/** The end of a conversation in which the client answers the model's calls. */
export interface Continuation {
  /** How many messages stand before the assistant's calls. */
  readonly prefixLength: number;
  readonly calls: readonly ToolCall[];
  readonly results: readonly ToolMessage[];
}

/** The continuation that `request` is, or undefined if it ends in anything else than results behind calls. */
export function findContinuation(request: TurnRequest): Continuation | undefined {
  const { messages } = request;
  const results: ToolMessage[] = [];
  let at = messages.length - 1;
  for (; at >= 0; at--) {
    const message = messages[at];
    if (message?.role !== 'tool') break;
    results.unshift(message);
  }
  const calling: Message | undefined = messages[at];
  if (results.length === 0 || calling?.role !== 'assistant' || calling.toolCalls.length === 0)
    return undefined;
  return { prefixLength: at, calls: calling.toolCalls, results };
}

/** One result, ready to be sent to the worker that waits for it. */
export interface RoutedResult {
  readonly call: GivenCall;
  readonly output: string;
  readonly isError: boolean;
}

/**
 * The result for each of `calls`, which a continuation was found to belong to: by the call's id, by the id that the client
 * gave it (clients rename them), by name in order, or by order. Undefined unless every call has exactly one result, which can
 * be sent as text, and no result is left.
 */
export function matchResults(
  calls: readonly GivenCall[],
  continuation: Continuation,
): readonly RoutedResult[] | undefined {
  const left = [...continuation.results];
  const matched: RoutedResult[] = [];
  for (const [index, call] of calls.entries()) {
    const at = findResult(call, continuation.calls[index]?.id, left);
    const [result] = at === -1 ? [] : left.splice(at, 1);
    const output = result === undefined ? undefined : toText(result);
    if (result === undefined || output === undefined) return undefined;
    matched.push({ call, output, isError: result.isError ?? false });
  }
  return left.length === 0 ? matched : undefined;
}

function findResult(call: GivenCall, renamed: string | undefined, left: readonly ToolMessage[]): number {
  const exact = left.findIndex((result) => result.toolCallId === call.id);
  if (exact !== -1) return exact;
  const byClientId = renamed === undefined ? -1 : left.findIndex((result) => result.toolCallId === renamed);
  if (byClientId !== -1) return byClientId;
  return left.findIndex(
    (result) => result.toolCallId == null && (result.toolName ?? call.name) === call.name,
  );
}

/** A tone carries text only: a result with an image has to be replayed. */
function toText(result: ToolMessage): string | undefined {
  const texts: string[] = [];
  for (const part of result.content) {
    if (part.type !== 'text') return undefined;
    texts.push(part.text);
  }
  return texts.join('\n');
}
