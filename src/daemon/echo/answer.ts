/** Answers a prompt with the message it was to answer, word by word. */
import type { WorkerTurn } from '../worker/turn.js';
import { ChunkDialect, toSessionReady } from './dialect.js';
import type { TurnBudget } from './turn-budget.js';

const CHARS_PER_TOKEN = 4;
const REASONING = 'Echoing what I was told.';
const WORD = /\s*\S+/g;

/** @param prompt the whole text of the prompt, @param message the part to answer */
export async function answerWithEcho(
  { prompt, message }: { readonly prompt: string; readonly message: string },
  turn: WorkerTurn,
  budget: TurnBudget,
): Promise<void> {
  const sampling = turn.prompt['sampling'];
  const words = toWords(message);
  const maxTokens = toMaxTokens(sampling);
  const kept = maxTokens === undefined ? words : words.slice(0, maxTokens);
  const dialect = new ChunkDialect(turn);
  turn.send(toSessionReady(turn));
  if (wantsReasoning(sampling)) dialect.reasoning([REASONING]);
  for (const word of kept) {
    const room = budget.take();
    if (room !== undefined) await room;
    if (turn.signal.aborted) return;
    dialect.text(word);
  }
  turn.send({
    chi: 'finish',
    finishReason: kept.length < words.length ? 'max_tokens' : 'stop',
    usage: { input_tokens: toTokens(prompt), output_tokens: toTokens(kept.join('')) },
  });
}

/** Joined they give exactly the text. */
function toWords(text: string): string[] {
  const trimmed = text.trimEnd();
  // White space with no word behind it would be tried from each of its characters.
  const words: string[] = trimmed.match(WORD) ?? [];
  const rest = text.slice(trimmed.length);
  const last = words.pop();
  if (last !== undefined) return [...words, last + rest];
  return text === '' ? [] : [text];
}

function toTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / CHARS_PER_TOKEN));
}

/** Undefined for no limit; a negative number is none, as for Ollama's `num_predict`. */
function toMaxTokens(sampling: unknown): number | undefined {
  if (typeof sampling !== 'object' || sampling === null || !('maxTokens' in sampling)) return undefined;
  const { maxTokens } = sampling;
  return typeof maxTokens === 'number' && maxTokens >= 0 ? maxTokens : undefined;
}

function wantsReasoning(sampling: unknown): boolean {
  if (typeof sampling !== 'object' || sampling === null || !('reasoningEffort' in sampling)) return false;
  return sampling.reasoningEffort != null && sampling.reasoningEffort !== 'none';
}
