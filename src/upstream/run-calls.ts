/** Has the model's tool calls run by the bees that own the tools, and words the results for the upstream. */
import type { WorkerTurn } from '../daemon/worker/turn.js';
import type { Tone } from '../thrum/link/tone-codec.js';
import type { AssembledCall } from './call-assembly.js';
import { isJsonObject, parseJson } from '../core/json-object.js';
import type { OfferedTool } from './offered-tools.js';
import type { Answer } from './read-answer.js';
import type { ChatMessage } from './server-messages.js';

/** The message with which the model called, as it stands in the next request, with what it thought before it called. */
export function toCallMessage({ text, calls, reasoning, reasoningField }: Answer): ChatMessage {
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(reasoningField === undefined ? {} : { [reasoningField]: reasoning }),
    tool_calls: calls.map(({ upstreamId, name, input, extra }) => ({
      id: upstreamId,
      type: 'function',
      function: { name, arguments: input },
      ...(extra === undefined ? {} : { extra_content: extra }),
    })),
  };
}

/**
 * Sends all calls in a row and parks until every result is there; each is reported as `tool_executed` when it comes.
 * Rejects when one does not come in time, or the turn is cancelled.
 */
export async function runCalls(
  calls: readonly AssembledCall[],
  tools: ReadonlyMap<string, OfferedTool>,
  turn: WorkerTurn,
): Promise<readonly ChatMessage[]> {
  const results = calls.map((call) => {
    const result = tools.has(call.name) ? park(call, turn) : unknownTool(call);
    // Awaited below; a turn that is cancelled meanwhile must not count as an unhandled rejection.
    result.catch(() => undefined);
    return result;
  });
  return Promise.all(results);
}

async function park(call: AssembledCall, turn: WorkerTurn): Promise<ChatMessage> {
  const { callId, name } = call;
  const coming = turn.toolResult(callId);
  turn.send({ chi: 'tool-call', callId, toolName: name, name, args: toArguments(call.input) });
  const result = await coming;
  const output = toOutput(result);
  const isError = result['isError'] === true;
  turn.send({ chi: 'chunk', chunkType: 'tool_executed', callId, toolName: name, output, isError });
  const text = typeof output === 'string' ? output : JSON.stringify(output ?? '');
  return { role: 'tool', tool_call_id: call.upstreamId, content: isError ? `Error: ${text}` : text };
}

/** Models make tools up. Such a call would never be answered. */
async function unknownTool({ upstreamId, name }: AssembledCall): Promise<ChatMessage> {
  return {
    role: 'tool',
    tool_call_id: upstreamId,
    content: `Error: there is no tool ${JSON.stringify(name)}`,
  };
}

/** hum's bees say it in `output`, older ones in `result`. */
function toOutput(result: Tone): unknown {
  return result['output'] ?? result['result'] ?? result['content'];
}

/** An object where it is one; text that is none goes on as it is, for the tool's owner to complain about. */
function toArguments(input: string): unknown {
  if (input.trim() === '' || input.trim() === 'null') return {};
  const args = parseJson(input);
  return isJsonObject(args) ? args : input;
}
