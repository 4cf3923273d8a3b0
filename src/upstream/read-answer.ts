/** Reads one streamed chat completion: writes what comes, and returns what the next request needs. */
import { Fault } from '../core/fault.js';
import { type AssembledCall, CallAssembly } from './call-assembly.js';
import type { ChunkWriter } from './chunk-writer.js';
import { isJsonObject } from '../core/json-object.js';
import { type TokenCounts, toTokenCounts } from './token-counts.js';

export interface Answer {
  readonly text: string;
  readonly calls: readonly AssembledCall[];
  /** As the server has it: `stop`, `length`, `tool_calls`, … */
  readonly finishReason: string;
  /** Undefined where the server did not count. */
  readonly counts: TokenCounts | undefined;
}

/** A longer answer is taken for one without end. */
const MAX_ANSWER_CHARACTERS = 32 * 2 ** 20;

/**
 * Rejects as the stream does, and with a `worker-error` for a stream that ends before its answer does.
 *
 * @param onChunk is called for everything that comes
 */
export async function readAnswer(
  chunks: AsyncIterable<unknown>,
  writer: ChunkWriter,
  onChunk: () => void,
): Promise<Answer> {
  const assembly = new CallAssembly();
  let text = '';
  let characters = 0;
  let finishReason: string | undefined;
  let counts: TokenCounts | undefined;
  for await (const chunk of chunks) {
    onChunk();
    if (!isJsonObject(chunk)) continue;
    counts = toTokenCounts(chunk['usage']) ?? counts;
    const choice: unknown = Array.isArray(chunk['choices']) ? chunk['choices'][0] : undefined;
    if (!isJsonObject(choice)) continue;
    if (typeof choice['finish_reason'] === 'string') finishReason = choice['finish_reason'];
    const { delta } = choice;
    if (!isJsonObject(delta)) continue;
    // Servers that send both fields say the same in them.
    const reasoning = firstText(delta['reasoning_content'], delta['reasoning']);
    if (reasoning !== '') writer.reasoning(reasoning);
    const content = firstText(delta['content'], delta['refusal']);
    if (content !== '') {
      text += content;
      writer.text(content);
    }
    characters += reasoning.length + content.length + readCalls(delta['tool_calls'], assembly, writer);
    if (characters > MAX_ANSWER_CHARACTERS) throw new Fault('worker-error', 'the upstream says too much');
  }
  writer.flush();
  if (finishReason === undefined) throw new Fault('worker-error', 'the upstream broke off its answer');
  if (finishReason === 'error')
    throw new Fault('worker-error', 'the upstream ended its answer with an error');
  return { text, calls: assembly.calls, finishReason, counts };
}

/** How many characters came. */
function readCalls(entries: unknown, assembly: CallAssembly, writer: ChunkWriter): number {
  if (!Array.isArray(entries)) return 0;
  let characters = 0;
  for (const entry of entries) {
    const piece = assembly.add(entry);
    if (piece === undefined) continue;
    if (piece.isNew) writer.beginInput(piece.call);
    if (piece.text !== '') writer.input(piece.call, piece.text);
    characters += piece.text.length;
  }
  return characters;
}

function firstText(...values: readonly unknown[]): string {
  for (const value of values) if (typeof value === 'string' && value !== '') return value;
  return '';
}
