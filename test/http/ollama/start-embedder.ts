/** A worker bee that offers the mesh a tool for embeddings, as a forager finds it on a real hum. */
import { onTestFinished } from 'vitest';
import { startWorkerBee, type ToolOutcome } from '../../../src/daemon/worker/worker-bee.js';
import type { Tone } from '../../../src/thrum/link/tone-codec.js';

export const EMBEDDING_MODEL = 'nomic-embed-text';

/**
 * Serves `nomic-embed-text` until the test is over; a text becomes `[its length, 1, 0]`. Returns the calls it gets.
 * @param answer what it answers instead
 */
export async function startEmbedder(
  socketPath: string,
  answer: (call: Tone) => Promise<ToolOutcome> = toLengths,
): Promise<readonly Tone[]> {
  const calls: Tone[] = [];
  const worker = await startWorkerBee({
    socketPath,
    hive: 'embedder',
    models: [EMBEDDING_MODEL],
    tools: [{ name: 'embed', description: 'Makes embeddings', inputSchema: { type: 'object' } }],
    onPrompt: () => Promise.reject(new Error('this worker only embeds')),
    onToolCall: (call) => {
      calls.push(call);
      return answer(call);
    },
  });
  onTestFinished(() => worker.close());
  return calls;
}

async function toLengths(call: Tone) {
  const texts = [Object(call['args'])['input']].flat().map(String);
  return { output: { embeddings: texts.map((text) => [text.length, 1, 0]), promptTokens: texts.length } };
}
