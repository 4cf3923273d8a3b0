/** `POST /api/embed` (src/http/ollama/README.md, "Embeddings"). */
import { estimateTokens } from '../../core/estimate-tokens.js';
import { Fault } from '../../core/fault.js';
import { splitText } from '../answer/line-text.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { clientGone } from '../caller.js';
import { embed, toUnitLength } from '../embed.js';
import type { OllamaContext } from './context.js';
import type { EmbedBody } from './embed-schema.js';
import { jsonAnswer } from './json-answer.js';
import { toKeepAliveMs } from './keep-alive.js';
import { requireEmbeddingModel } from './require-embedding-model.js';
import type { Asked } from './route.js';
import { toSampling } from './sampling.js';
import { toNanoseconds } from './timings.js';
import { whileLoaded } from './while-loaded.js';

/** The stand-in for a tokenizer: what `estimateTokens` counts by. */
const CHARACTERS_PER_TOKEN = 4;

/** Ollama has no limit; their vectors are an answer of many megabytes, which is made in one piece. */
const MAX_INPUTS = 10_000;

export async function answerEmbed(context: OllamaContext, asked: Asked<EmbedBody>): Promise<WireAnswer> {
  const { conversation, clock } = context;
  const { body, c, arrivedAt } = asked;
  const keepAliveMs = toKeepAliveMs(body.keep_alive);
  const inputs = toInputs(body.input);
  const name = body.model ?? '';
  const model = requireEmbeddingModel(context, name);
  // hum's tool takes none of the options; wrong ones are told as everywhere.
  toSampling(body.options);

  return whileLoaded(context, model, keepAliveMs, async () => {
    if (inputs.length === 0) return jsonAnswer({ model: name, embeddings: [] });
    const dimensions = body.dimensions != null && body.dimensions > 0 ? body.dimensions : undefined;
    const startedAt = clock.monotonic();
    const { vectors, promptTokens } = await embed(
      conversation,
      context.settings.embedTool,
      {
        model: model.target,
        input: cutToContext(inputs, model.card.contextLength, body.truncate ?? true),
        dimensions,
      },
      clientGone(c),
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
