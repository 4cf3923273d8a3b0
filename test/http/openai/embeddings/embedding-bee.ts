/** A bridge in front of the embedded daemon with one more bee, which makes embeddings. */
import { onTestFinished } from 'vitest';
import { startEmbedded } from '../../../../src/daemon/embedded.js';
import { startWorkerBee } from '../../../../src/daemon/worker/worker-bee.js';
import type { Bridge } from '../../../../src/run/bridge.js';
import { startTestBridge } from '../../../running-bridge.js';

/** Vectors of four numbers that say something of the text and survive 32 bits; it knows the model `small-embedder`. */
export async function startEmbeddingBridge(): Promise<Bridge> {
  const embedded = await startEmbedded({ models: ['claude-sonnet-4'] });
  onTestFinished(() => embedded.close());
  const bee = await startWorkerBee({
    socketPath: embedded.socketPath,
    hive: 'embedder',
    models: ['small-embedder'],
    tools: [{ name: 'embed', description: 'Makes embeddings', inputSchema: { type: 'object' } }],
    onPrompt: async (turn) => turn.send({ chi: 'error', message: 'this bee only makes embeddings' }),
    onToolCall: async (call) => {
      const { input }: { input?: unknown } = Object(call['args']);
      const texts = Array.isArray(input) ? input : [];
      return { output: JSON.stringify({ embeddings: texts.map(vectorOf), promptTokens: 5 }) };
    },
  });
  onTestFinished(() => bee.close());
  return startTestBridge({ place: embedded });
}

/** What the bee makes of a text. */
export function vectorOf(text: string): readonly number[] {
  return [text.length, 0.5, -0.25, 2];
}
