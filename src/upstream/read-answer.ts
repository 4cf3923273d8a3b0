/** Reads one streamed chat completion: says what comes, and gives back what the next request needs. */
import { Fault } from '../core/fault.js';
import { type AssembledCall, CallAssembly } from './call-assembly.js';
import { isObject } from './is-object.js';
import type { TokenCounts } from './token-counts.js';
import { toTokenCounts } from './token-counts.js';
import type { Voice } from './voice.js';

export interface Answer {
  readonly text: string;
  readonly calls: readonly AssembledCall[];
  /** As the server has it: `stop`, `length`, `tool_calls`, … */
  readonly finishReason: string;
  /** Undefined where the server did not count. */
  readonly counts: TokenCounts | undefined;
}

/** An answer without end is nobody's wish. */
const MAX_ANSWER_CHARACTERS = 32 * 2 ** 20;

/**
 * Rejects as the stream does, and with a `worker-error` for a stream that ends before its answer does.
 *
 * @param heard is called for everything that comes
 */
export async function readAnswer(
  chunks: AsyncIterable<unknown>,
  voice: Voice,
  heard: () => void,
): Promise<Answer> {
  const assembly = new CallAssembly();
  let text = '';
  let characters = 0;
  let finishReason: string | undefined;
  let counts: TokenCounts | undefined;
  for await (const chunk of chunks) {
    heard();
    if (!isObject(chunk)) continue;
    counts = toTokenCounts(chunk['usage']) ?? counts;
    const choice: unknown = Array.isArray(chunk['choices']) ? chunk['choices'][0] : undefined;
    if (!isObject(choice)) continue;
    if (typeof choice['finish_reason'] === 'string') finishReason = choice['finish_reason'];
    const { delta } = choice;
    if (!isObject(delta)) continue;
    // Servers that send both fields say the same in them.
    const reasoning = firstText(delta['reasoning_content'], delta['reasoning']);
    if (reasoning !== '') voice.reason(reasoning);
    const said = firstText(delta['content'], delta['refusal']);
    if (said !== '') {
      text += said;
      voice.say(said);
    }
    characters += reasoning.length + said.length + readCalls(delta['tool_calls'], assembly, voice);
    if (characters > MAX_ANSWER_CHARACTERS) throw new Fault('worker-error', 'the upstream says too much');
  }
  voice.flush();
  if (finishReason === undefined) throw new Fault('worker-error', 'the upstream broke off its answer');
  if (finishReason === 'error')
    throw new Fault('worker-error', 'the upstream ended its answer with an error');
  return { text, calls: assembly.calls, finishReason, counts };
}

/** How many characters came. */
function readCalls(entries: unknown, assembly: CallAssembly, voice: Voice): number {
  if (!Array.isArray(entries)) return 0;
  let characters = 0;
  for (const entry of entries) {
    const piece = assembly.add(entry);
    if (piece === undefined) continue;
    if (piece.isNew) voice.beginInput(piece.call);
    if (piece.text !== '') voice.addInput(piece.call, piece.text);
    characters += piece.text.length;
  }
  return characters;
}

function firstText(...values: readonly unknown[]): string {
  for (const value of values) if (typeof value === 'string' && value !== '') return value;
  return '';
}
