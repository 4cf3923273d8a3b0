/** `POST /v1/embeddings`, answered by a tool of the mesh. */
import { Fault } from '../../../core/fault.js';
import { requireFound } from '../../../core/model.js';
import { respondWhole } from '../../answer/respond.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import { clientGone, resolveModel } from '../../caller.js';
import { embed, type Embedded } from '../../embed.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { READ_EMBEDDINGS } from './read-embeddings.js';

const FLOAT_BYTES = 4;

export function embeddingsRoute(context: SurfaceContext): Route {
  const { settings, mesh } = context;
  return {
    methods: ['POST'],
    path: '/v1/embeddings',
    handle: async (c) => {
      const gone = clientGone(c);
      const body = await readRequest(c, settings, READ_EMBEDDINGS, undefined);
      const found = requireFound(await resolveModel(c, mesh, body.model));
      const model = found?.target ?? body.model;
      const dimensions = body.dimensions ?? undefined;
      const embedded = await embed(mesh, settings.embedTool, { model, input: body.input, dimensions }, gone);
      requireDimensions(embedded, dimensions);
      return respondWhole(
        c,
        WireAnswer.json(toEmbeddingList(embedded, body.model, body.encoding_format ?? 'float')),
      );
    },
  };
}

/** A vector can be cut to fewer dimensions, not stretched to more. */
function requireDimensions({ vectors: [first] }: Embedded, wanted: number | undefined): void {
  if (first === undefined || wanted === undefined || first.length >= wanted) return;
  const message = `Invalid 'dimensions': this model's embeddings have ${first.length} dimensions, but ${wanted} were asked for.`;
  throw new Fault('bad-request', message, { param: 'dimensions', reason: 'invalid_value' });
}

/**
 * Embeddings as OpenAI lists them (src/http/openai/README.md, "Embeddings").
 * @param model its name as the client wrote it
 */
function toEmbeddingList({ vectors, promptTokens }: Embedded, model: string, encoding: 'float' | 'base64') {
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? toBase64Floats(vector) : vector,
    })),
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
}

/**
 * Vectors in the encoding that OpenAI's clients request by default: little-endian IEEE-754 numbers of 32 bits, in padded
 * base64 of the standard alphabet.
 */
export function toBase64Floats(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * FLOAT_BYTES);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * FLOAT_BYTES);
  return bytes.toString('base64');
}
