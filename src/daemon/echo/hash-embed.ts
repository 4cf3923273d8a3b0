/**
 * The embedding tool of the echo worker: feature hashing, named as what it is. Texts that share words are near each other, and
 * that is all; it is there so that whatever needs vectors can be tried without a model.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ToolOutcome, WorkerTool } from '../worker/worker-bee.js';

const DIMENSIONS = 256;
const CHARACTERS_PER_TOKEN = 4;

const args = z.object({ input: z.array(z.string()) });

export const hashEmbedTool: WorkerTool = {
  name: 'hash-embed',
  description: `Turns texts into vectors of ${DIMENSIONS} dimensions by hashing their words. No model is asked.`,
  inputSchema: {
    type: 'object',
    properties: { model: { type: 'string' }, input: { type: 'array', items: { type: 'string' } } },
    required: ['input'],
  },
};

/** `{embeddings, promptTokens}` for the `input` of a call. Throws for arguments of another shape. */
export function runHashEmbed(callArgs: unknown): ToolOutcome {
  const { input } = args.parse(callArgs);
  const characters = input.reduce((sum, text) => sum + text.length, 0);
  const promptTokens = Math.max(1, Math.round(characters / CHARACTERS_PER_TOKEN));
  return { output: { embeddings: input.map(hashEmbed), promptTokens } };
}

/** A vector of length 1: each word adds or takes one at a place that its hash says. */
export function hashEmbed(text: string): readonly number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const hash = createHash('sha256').update(word).digest();
    const place = hash.readUInt32BE(0) % DIMENSIONS;
    vector[place] = (vector[place] ?? 0) + (hash.readUInt8(4) % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  if (length === 0) return hashEmbed('');
  return vector.map((value) => value / length);
}
