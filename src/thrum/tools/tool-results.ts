/** Reads the results that a request brings, and says which call each of them belongs to. */
import { escapeElements, systemElement, userElement } from '../../core/render.js';
import type {
  Message,
  Part,
  SystemMessage,
  ToolCall,
  ToolMessage,
  TurnRequest,
  UserMessage,
} from '../../core/request.js';
import type { GivenCall } from '../turn/read-tones.js';

/** The end of a conversation in which the client answers the model's calls. */
export interface Continuation {
  /** How many messages stand before the assistant's calls. */
  readonly prefixLength: number;
  readonly calls: readonly ToolCall[];
  /** What the model said with them. */
  readonly texts: readonly string[];
  readonly results: readonly ToolMessage[];
  /** What the client says between the results and behind them: agents send system and user messages along. */
  readonly additions: readonly (SystemMessage | UserMessage)[];
}

/** The continuation that `request` is, or undefined if it ends in anything else than results, and what is added to them, behind calls. */
export function findContinuation(request: TurnRequest): Continuation | undefined {
  const { messages } = request;
  const results: ToolMessage[] = [];
  const additions: (SystemMessage | UserMessage)[] = [];
  let at = messages.length - 1;
  for (; at >= 0; at--) {
    const message = messages[at];
    if (message?.role === 'tool') results.unshift(message);
    else if (message?.role === 'system' || message?.role === 'user') additions.unshift(message);
    else break;
  }
  const calling: Message | undefined = messages[at];
  if (results.length === 0 || calling?.role !== 'assistant' || calling.toolCalls.length === 0)
    return undefined;
  // One answer may come back as several messages.
  const calls = [...calling.toolCalls];
  const texts = textsOf(calling.content);
  for (let earlier = messages[at - 1]; earlier?.role === 'assistant'; earlier = messages[--at - 1]) {
    calls.unshift(...earlier.toolCalls);
    texts.unshift(...textsOf(earlier.content));
  }
  return { prefixLength: at, calls, texts, results, additions };
}

function textsOf(content: readonly Part[]): string[] {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

/** One result, ready to be sent to the worker that waits for it. */
export interface RoutedResult {
  readonly call: GivenCall;
  readonly output: string;
  readonly isError: boolean;
}

/**
 * The result for each of `calls`, which a continuation was found to belong to: by the call's id, by the id that the client
 * gave it (clients rename them), by name in order, or by order. What the client adds goes with the last result: a waiting worker takes
 * nothing else. Undefined unless every call has exactly one result, which can be sent as text, and no result is left.
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
    const output = result === undefined ? undefined : toText(result.content);
    if (result === undefined || output === undefined) return undefined;
    matched.push({ call, output: escapeElements(output), isError: result.isError ?? false });
  }
  if (left.length > 0) return undefined;
  return withAdditions(matched, continuation.additions);
}

function withAdditions(
  results: readonly RoutedResult[],
  additions: Continuation['additions'],
): readonly RoutedResult[] | undefined {
  const last = results.at(-1);
  if (last === undefined || additions.length === 0) return results;
  const texts: string[] = [];
  for (const { role, content } of additions) {
    const text = toText(content);
    if (text === undefined) return undefined;
    texts.push(role === 'system' ? systemElement(text) : userElement(text));
  }
  return [...results.slice(0, -1), { ...last, output: [last.output, ...texts].join('\n') }];
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

/** A tone carries text only: what has an image has to be replayed. */
function toText(content: readonly Part[]): string | undefined {
  const texts: string[] = [];
  for (const part of content) {
    if (part.type !== 'text') return undefined;
    texts.push(part.text);
  }
  return texts.join('\n');
}
