/** Makes embeddings with the mesh's tool for them, and checks everything in its result. */
import type { TurnSignal } from '../core/abort.js';
import { isCount } from '../core/count.js';
import { estimateTokens } from '../core/estimate-tokens.js';
import { Fault, isRefusalToRun } from '../core/fault.js';
import type { Mesh } from '../core/port.js';

export interface EmbedCall {
  /** The name that humd knows the model by. */
  readonly model: string;
  readonly input: readonly string[];
  /** The length that the vectors are to have; undefined for the model's own. The tool may ignore it. */
  readonly dimensions: number | undefined;
}

export interface Embedded {
  /**
   * One for each input, in the same order, all of one length; finite numbers. As the tool gave them, but for those that
   * were longer than asked for: these are shortened, and of length one again. Shorter ones stay as they are.
   */
  readonly vectors: readonly (readonly number[])[];
  /** An estimate where the tool counts none. */
  readonly promptTokens: number;
}

/** 32 vectors of 3072 numbers still fit into a tone of 8 MiB, which holds them twice (src/thrum/README.md, "Tones sent"). */
const MAX_INPUTS_PER_CALL = 32;

/**
 * Calls `tool` with `{model, input, dimensions?}`, as often as its results need to fit into tones, and reads
 * `{embeddings, promptTokens?}` from each. Rejects with `not-offered` where no bee lists the tool, `tool-failed` (also for
 * a result of another shape), `timeout` or a fault of the link.
 */
export async function embed(
  mesh: Pick<Mesh, 'callTool'>,
  tool: string,
  { model, input, dimensions }: EmbedCall,
  signal: TurnSignal,
): Promise<Embedded> {
  const vectors: (readonly number[])[] = [];
  let promptTokens = 0;
  for (let start = 0; start < input.length; start += MAX_INPUTS_PER_CALL) {
    signal.throwIfAborted();
    const some = input.slice(start, start + MAX_INPUTS_PER_CALL);
    const args = { model, input: some, ...(dimensions === undefined ? {} : { dimensions }) };
    const result = await mesh.callTool(tool, args, signal).catch((error: unknown) => {
      const fault = reword(error, tool, signal);
      // Some of the input has been worked on already; what was refused for the time being may come again all the same.
      const isAfter = start > 0 && fault instanceof Fault && !isRefusalToRun(fault);
      throw isAfter ? fault.with({ afterPrompt: true }) : fault;
    });
    vectors.push(...readVectors(result, some.length, tool));
    promptTokens += readTokens(result) ?? estimateAll(some);
  }
  if (vectors.some((vector) => vector.length !== vectors[0]?.length)) {
    throw malformed(tool, 'vectors of different lengths');
  }
  return { vectors: vectors.map((vector) => shorten(vector, dimensions)), promptTokens };
}

/** `vector` at the length of one. A vector of zeros has no direction and stays as it is. */
export function toUnitLength(vector: readonly number[]): readonly number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

function shorten(vector: readonly number[], dimensions: number | undefined): readonly number[] {
  if (dimensions === undefined || vector.length <= dimensions) return vector;
  return toUnitLength(vector.slice(0, dimensions));
}

/** Says what to add where the tool is missing, and which field holds what is too long. */
function reword(error: unknown, tool: string, signal: TurnSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!(error instanceof Fault)) return error;
  if (error.code === 'context-too-long') return error.with({ param: 'input' });
  if (error.code !== 'not-offered') return error;
  const message =
    `no bee on this hum makes embeddings: add a forager whose hello lists the tool '${tool}' ` +
    '(it takes {model, input, dimensions?} and gives {embeddings, promptTokens?}), ' +
    'or name the tool that does so with embedTool';
  return new Fault('not-offered', message, { param: tool, cause: error });
}

function readVectors(result: unknown, count: number, tool: string): readonly (readonly number[])[] {
  const embeddings = fieldOf(result, 'embeddings');
  if (!Array.isArray(embeddings)) throw malformed(tool, "no list of 'embeddings'");
  if (embeddings.length !== count) {
    throw malformed(tool, `${embeddings.length} embeddings for ${count} inputs`);
  }
  return embeddings.map((vector: unknown) => {
    if (isVector(vector)) return vector;
    throw malformed(tool, 'an embedding that is no list of finite numbers');
  });
}

/** JSON has no NaN and no Infinity: they arrive as null. */
function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => Number.isFinite(each));
}

function readTokens(result: unknown): number | undefined {
  const tokens = fieldOf(result, 'promptTokens');
  return isCount(tokens) ? tokens : undefined;
}

function estimateAll(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + estimateTokens(text.length), 0);
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(key) : undefined;
}

function malformed(tool: string, what: string): Fault {
  return new Fault('tool-failed', `the tool '${tool}' gave ${what}`);
}
