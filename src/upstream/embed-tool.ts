/** The tool `embed`: the mesh's way to the upstream's embeddings (src/thrum/README.md, "Tools of other bees"). */
import { parseJson } from '../core/json-object.js';
import { z } from 'zod';
import { Fault } from '../core/fault.js';
import type { ToolOutcome, WorkerTool } from '../daemon/worker/worker-bee.js';
import type { Upstream } from './upstream.js';

const callArgs = z.object({
  model: z.string().min(1),
  input: z.array(z.string()).min(1),
  dimensions: z.int().min(1).nullish(),
});

export const embedTool: WorkerTool = {
  name: 'embed',
  description: 'Turns texts into vectors with an embedding model.',
  inputSchema: {
    type: 'object',
    properties: {
      model: { type: 'string' },
      input: { type: 'array', items: { type: 'string' } },
      dimensions: { type: 'integer' },
    },
    required: ['model', 'input'],
  },
};

/** What goes wrong besides its words, where it is the server's. */
export interface EmbedOutcome extends ToolOutcome {
  readonly fault?: Fault;
}

/** `{embeddings, promptTokens?}` for a call's `args`, which may be JSON text; what goes wrong is an `isError` outcome. */
export async function runEmbed(
  args: unknown,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<EmbedOutcome> {
  const parsed = callArgs.safeParse(typeof args === 'string' ? parseJson(args) : args);
  if (!parsed.success) return { output: 'embed takes {model, input: [text, …], dimensions?}', isError: true };
  const { model, input, dimensions } = parsed.data;
  try {
    const { embeddings, promptTokens } = await upstream.embed(model, input, dimensions ?? undefined, signal);
    return { output: { embeddings, ...(promptTokens === undefined ? {} : { promptTokens }) } };
  } catch (error) {
    const fault = Fault.from(error);
    return { output: fault.message, isError: true, fault };
  }
}
