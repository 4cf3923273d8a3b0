/** `POST /api/embeddings`, the older route for one text (src/http/ollama/README.md, "Older embeddings"). */
import { Fault } from '../../core/fault.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { clientGone } from '../caller.js';
import { embed } from '../embed.js';
import type { OllamaContext } from './context.js';
import type { EmbeddingsBody } from './embed-schema.js';
import { jsonAnswer } from './json-answer.js';
import { toKeepAliveMs } from './keep-alive.js';
import { requireEmbeddingModel } from './require-embedding-model.js';
import type { Asked } from './route.js';
import { toSampling } from './sampling.js';
import { whileLoaded } from './while-loaded.js';

/** The vector is as the tool gave it, of any length. */
export async function answerEmbeddings(
  context: OllamaContext,
  { body, c }: Asked<EmbeddingsBody>,
): Promise<WireAnswer> {
  const keepAliveMs = toKeepAliveMs(body.keep_alive);
  if (!body.model) throw new Fault('bad-request', 'model is required');
  const model = requireEmbeddingModel(context, body.model);
  toSampling(body.options);
  const { prompt } = body;
  return whileLoaded(context, model, keepAliveMs, async () => {
    if (!prompt) return jsonAnswer({ embedding: [] });
    const { vectors } = await embed(
      context.conversation,
      context.settings.embedTool,
      { model: model.target, input: [prompt], dimensions: undefined },
      clientGone(c),
    );
    return jsonAnswer({ embedding: vectors[0] ?? [] });
  });
}
