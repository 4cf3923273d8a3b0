/**
 * `POST /api/embed` and the older `POST /api/embeddings` (src/http/ollama/README.md, "Embeddings" and "Older embeddings").
 */
import type { Context } from 'hono';
import { estimateTokens } from '../../core/estimate-tokens.js';
import { Fault } from '../../core/fault.js';
import type { Model } from '../../core/model.js';
import { splitText } from '../answer/line-text.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { clientGone, resolveModel } from '../caller.js';
import type { HttpEnv } from '../surface.js';
import { embed, type EmbedCall, type Embedded, toUnitLength } from '../embed.js';
import type { EmbedBody, EmbeddingsBody } from './schema.js';
import { toNanoseconds } from './ending.js';
import { requireResolved, respell } from './find-by-name.js';
import { toKeepAliveMs } from './keep-alive.js';
import { type BodyRequest, jsonAnswer, type OllamaContext } from './route.js';
import { toSampling } from './sampling.js';

/** The stand-in for a tokenizer: what `estimateTokens` counts by. */
const CHARACTERS_PER_TOKEN = 4;

/** Ollama has no limit; their vectors are an answer of many megabytes, which is made in one piece. */
const MAX_INPUTS = 10_000;

/** `POST /api/embed`: any number of texts. The vectors have the length one, as Ollama's do. */
export async function answerEmbed(
  context: OllamaContext,
  request: BodyRequest<EmbedBody>,
): Promise<WireAnswer> {
  const { clock } = context;
  const { body, c, arrivedAt } = request;
  const keepAliveMs = toKeepAliveMs(body.keep_alive);
  const name = body.model ?? '';
  if (name === '') throw new Fault('model-not-found', "model '' not found");
  const inputs = toInputs(body.input);
  const model = await requireEmbeddingModel(context, name, c);
  // hum's tool takes none of the options; wrong ones are refused as everywhere.
  toSampling(body.options);

  return context.loaded.whileUsed(model, keepAliveMs, async () => {
    if (inputs.length === 0) return jsonAnswer({ model: name, embeddings: [] });
    const dimensions = body.dimensions != null && body.dimensions > 0 ? body.dimensions : undefined;
    const startedAt = clock.monotonic();
    const input = cutToContext(inputs, model.card.contextLength, body.truncate ?? true);
    const { vectors, promptTokens } = await embedAs(
      name,
      context,
      { model: model.target, input, dimensions },
      c,
    );
    return jsonAnswer({
      model: name,
      embeddings: vectors.map(toUnitLength),
      total_duration: toNanoseconds(clock.monotonic() - arrivedAt),
      load_duration: toNanoseconds(startedAt - arrivedAt),
      prompt_eval_count: Math.max(1, promptTokens),
    });
  });
}

/** One text, several or none. */
function toInputs(input: unknown): readonly string[] {
  if (input == null || input === '') return [];
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (inputs.length > MAX_INPUTS)
    throw new Fault('bad-request', `there are ${inputs.length} inputs, and at most ${MAX_INPUTS} are taken`);
  return inputs.map((one) => {
    if (typeof one !== 'string') throw new Fault('bad-request', 'invalid input type');
    return one;
  });
}

/** An input that is longer than the model can read is cut, or refused where the client does not want that. */
function cutToContext(
  inputs: readonly string[],
  contextLength: number,
  truncate: boolean,
): readonly string[] {
  return inputs.map((input) => {
    if (estimateTokens(input.length) <= contextLength) return input;
    if (truncate) return splitText(input, contextLength * CHARACTERS_PER_TOKEN)[0] ?? '';
    throw new Fault('bad-request', 'the input length exceeds the context length');
  });
}

/** `POST /api/embeddings`: one text. The vector is as the tool gave it, of any length. */
export async function answerEmbeddings(
  context: OllamaContext,
  { body, c }: BodyRequest<EmbeddingsBody>,
): Promise<WireAnswer> {
  const keepAliveMs = toKeepAliveMs(body.keep_alive);
  if (!body.model) throw new Fault('bad-request', 'model is required');
  const name = body.model;
  const model = await requireEmbeddingModel(context, name, c);
  toSampling(body.options);
  const { prompt } = body;
  return context.loaded.whileUsed(model, keepAliveMs, async () => {
    if (!prompt) return jsonAnswer({ embedding: [] });
    const call = { model: model.target, input: [prompt], dimensions: undefined };
    const { vectors } = await embedAs(name, context, call, c);
    return jsonAnswer({ embedding: vectors[0] ?? [] });
  });
}

/** A server behind the tool that does not know the model is told of in the words of these routes. @param name as the client wrote it */
async function embedAs(
  name: string,
  { mesh, settings }: OllamaContext,
  call: EmbedCall,
  c: Context<HttpEnv>,
): Promise<Embedded> {
  try {
    return await embed(mesh, settings.embedTool, call, clientGone(c));
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'model-not-found' || !/\bmodel\b/i.test(error.message))
      throw error;
    throw new Fault('model-not-found', notFound(name), { cause: error });
  }
}

function notFound(name: string): string {
  return `model ${JSON.stringify(name)} not found, try pulling it first`;
}

/** Rejects with `model-not-found` in the words of the embedding routes. */
async function requireEmbeddingModel(
  { mesh }: OllamaContext,
  name: string,
  c: Context<HttpEnv>,
): Promise<Model> {
  return requireResolved(mesh, name, await resolveModel(c, mesh, name, respell), {
    notFound: notFound(name),
  });
}
