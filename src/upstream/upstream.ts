/** One OpenAI-compatible server: its models, its chat, its embeddings. */
import { isCount } from '../core/count.js';
import { Fault } from '../core/fault.js';
import { isJsonObject, type JsonObject } from '../core/json-object.js';
import { jsonInstruction } from '../core/instructions.js';
import { readText } from '../core/read-text.js';
import type { Fields } from '../thrum/turn/sampling-fields.js';
import { Api, type ApiFacts, readValues, UpstreamRefusal } from './api.js';
import type { CallMemory } from './call-memory.js';
import type { ChatRequest } from './chat-request.js';
import { readErrorWords } from './error-words.js';
import { forgetTakenFiles, learnFiles } from './file-parts.js';
import { isAskedInWords, learnRefusal, withoutRefused } from './learn-refusal.js';
import { copyHabits, type ModelHabits, restoreHabits } from './model-habits.js';
import { type ListedModel, readModelList } from './model-facts.js';
import { withPrefill } from './prefill.js';
import { ServerMemory } from './server-memory.js';
import { type ChatMessage, toServerMessages } from './server-messages.js';
import { firstCount } from './token-counts.js';
import { toUpstreamFault } from './upstream-fault.js';

export interface Embeddings {
  readonly embeddings: readonly (readonly number[])[];
  /** Undefined where the server did not count. */
  readonly promptTokens: number | undefined;
}

/** Where servers have their routes, where the address that was given is that of the server alone. */
const OTHER_PATHS = ['/v1', '/api/v1', '/openai/v1', '/v1beta/openai'];

/** A page, or none, stands where the models should be. */
function mayBeElsewhere(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  return error instanceof UpstreamRefusal && (error.status === 404 || error.status === 405);
}

/** How often a request goes out without what was refused before. */
const MAX_TRIES = 12;
/** Thousands of inputs have about as much. */
const MAX_EMBEDDINGS_BYTES = 128 * 2 ** 20;

/** All its methods but `chat` reject with a fault that is fit for a client. */
export class Upstream {
  readonly #api: Api;
  readonly #apiKey: string | undefined;
  readonly #memory: ServerMemory;

  /** @param memory what is known of the server already */
  constructor(facts: ApiFacts, memory = new ServerMemory()) {
    this.#memory = memory;
    this.#api = new Api(facts);
    this.#apiKey = facts.apiKey;
  }

  /** Its models, in its own order, without those of which it says that they cannot be asked (`"active": false`). */
  async models(signal: AbortSignal): Promise<readonly ListedModel[]> {
    const list = async (base?: string) => readModelList(await this.#api.get('/models', signal, base));
    try {
      return await list();
    } catch (error) {
      if (!mayBeElsewhere(error)) throw this.fault(error);
      for (const path of OTHER_PATHS) {
        const base = this.#api.base + path;
        const found = await list(base).catch(() => undefined);
        if (found === undefined) continue;
        this.#api.base = base;
        return found;
      }
      throw this.fault(error);
    }
  }

  /** Where its routes begin, as far as that was found out. */
  get base(): string {
    return this.#api.base;
  }

  habitsOf(model: string): ModelHabits {
    return this.#memory.habits.of(model);
  }

  /** The calls that the models made, by the ids that clients know. */
  get calls(): CallMemory {
    return this.#memory.calls;
  }

  /**
   * The values of an answer. What the server does not take is left out or put in another form, and it is asked again: it had not begun.
   * Rejects as the request does: `fault` words it.
   */
  async chat(
    { model, fields }: ChatRequest,
    messages: readonly ChatMessage[],
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly unknown[]>> {
    const habits = this.habitsOf(model);
    /** What was known before each complaint was learned from. */
    let before: Map<string, ModelHabits> | undefined;
    for (let tries = 1; ; tries++) {
      const body = this.#toBody(model, fields, messages, habits);
      try {
        const response = await this.#api.post('/chat/completions', JSON.stringify(body), signal);
        if (habits.refusedFiles.size > 0) forgetTakenFiles(messages, habits);
        return readValues(response);
      } catch (error) {
        if (!(error instanceof UpstreamRefusal)) throw error;
        const words = readErrorWords(error.body);
        const known = copyHabits(habits);
        const files = learnFiles(error.status, words, body['messages'], habits);
        if (files === 'asked') throw this.#unreadable(model, error);
        const hasLearned =
          tries < MAX_TRIES && (files === 'learned' || learnRefusal(error.status, words, body, habits));
        if (!hasLearned) {
          // What did not help against this complaint says nothing of the model.
          const useless = before?.get(words.message);
          if (useless !== undefined) restoreHabits(habits, useless);
          throw error;
        }
        before ??= new Map();
        if (!before.has(words.message)) before.set(words.message, known);
      }
    }
  }

  /** Of files that the user has just sent, with the server's own words. */
  #unreadable(model: string, error: UpstreamRefusal): Fault {
    const { message } = this.fault(error);
    return new Fault('bad-request', `'${model}' cannot read this file; send the text of it (${message})`, {
      param: 'messages',
      reason: 'unsupported_value',
    });
  }

  #toBody(model: string, fields: Fields, messages: readonly ChatMessage[], habits: ModelHabits): JsonObject {
    const streamed = { ...fields, stream: true, stream_options: { include_usage: true } };
    const { response_format: format } = fields;
    const asked = isAskedInWords(format, habits) ? withInstruction(messages, format) : messages;
    const sent = toServerMessages(asked, habits, this.calls);
    return withPrefill({ model, messages: sent, ...withoutRefused(streamed, habits) }, sent, habits);
  }

  async embed(
    model: string,
    input: readonly string[],
    dimensions: number | undefined,
    signal: AbortSignal,
  ): Promise<Embeddings> {
    const size = dimensions === undefined ? {} : { dimensions };
    const habits = this.habitsOf(model);
    for (;;) {
      const format = withoutRefused({ encoding_format: 'float' }, habits);
      try {
        const body = JSON.stringify({ model, input, ...format, ...size });
        const response = await this.#api.post('/embeddings', body, signal);
        return readEmbeddings(JSON.parse(await readText(response, MAX_EMBEDDINGS_BYTES)));
      } catch (error) {
        const isLearned =
          error instanceof UpstreamRefusal &&
          'encoding_format' in format &&
          learnRefusal(error.status, readErrorWords(error.body), format, habits);
        if (!isLearned) throw this.fault(error);
      }
    }
  }

  fault(error: unknown): Fault {
    return toUpstreamFault(error, this.#apiKey);
  }
}

/** The JSON that is wanted, in words, behind the first system message. */
function withInstruction(messages: readonly ChatMessage[], format: unknown): readonly ChatMessage[] {
  const words = isJsonObject(format) ? instructionOf(format) : undefined;
  if (words === undefined) return messages;
  const [first, ...others] = messages;
  if (first?.['role'] !== 'system' || typeof first['content'] !== 'string')
    return [{ role: 'system', content: words }, ...messages];
  return [{ ...first, content: `${first['content']}\n\n${words}` }, ...others];
}

function instructionOf({ type, json_schema: described, schema: flat }: JsonObject): string | undefined {
  if (type === 'text' || type === undefined) return undefined;
  const schema = isJsonObject(described) ? described['schema'] : flat;
  return jsonInstruction(isJsonObject(schema) ? schema : undefined);
}

/** Throws a SyntaxError for what are none. */
function readEmbeddings(answer: unknown): Embeddings {
  const { data, usage } = isJsonObject(answer) ? answer : {};
  if (!Array.isArray(data)) throw new SyntaxError('no embeddings');
  const entries = data.filter(isJsonObject).map(({ index, embedding }, place) => ({
    index: isCount(index) ? index : place,
    vector: toVector(embedding),
  }));
  const tokens = isJsonObject(usage) ? firstCount(usage, 'prompt_tokens', 'total_tokens') : undefined;
  return {
    embeddings: entries.sort((one, other) => one.index - other.index).map(({ vector }) => vector),
    promptTokens: tokens,
  };
}

const FLOAT_BYTES = 4;

/** A list, or base64 of numbers of 32 bits, which some servers give unasked. */
function toVector(embedding: unknown): readonly number[] {
  if (typeof embedding === 'string') {
    const bytes = Buffer.from(embedding, 'base64');
    return Array.from({ length: Math.floor(bytes.length / FLOAT_BYTES) }, (_, index) =>
      bytes.readFloatLE(index * FLOAT_BYTES),
    );
  }
  if (!Array.isArray(embedding)) throw new SyntaxError('an embedding that is no list');
  return embedding.filter((value) => Number.isFinite(value));
}
