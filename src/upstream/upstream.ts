/** One OpenAI-compatible server: its models, its chat, its embeddings. */
import type OpenAI from 'openai';
import { type ApiFacts, openApi } from './api.js';
import type { ChatMessage, ChatRequest } from './chat-request.js';
import { isJsonObject } from '../core/json-object.js';
import { toRefusal, withoutRefused } from './refused-fields.js';
import type { Fields } from './sampling-fields.js';
import { statusOf, toUpstreamFault } from './upstream-fault.js';

export interface Embeddings {
  readonly embeddings: readonly (readonly number[])[];
  /** Undefined where the server did not count. */
  readonly promptTokens: number | undefined;
}

/** All its methods reject with a fault that is fit for a client. */
export class Upstream {
  readonly silenceMs: number;
  readonly #api: OpenAI;
  readonly #apiKey: string | undefined;
  /** What each model will not have in a request; there are no more of them than models. */
  readonly #refused = new Map<string, Set<string>>();

  private constructor(api: OpenAI, { apiKey, silenceMs }: ApiFacts) {
    this.#api = api;
    this.#apiKey = apiKey;
    this.silenceMs = silenceMs;
  }

  static async open(facts: ApiFacts): Promise<Upstream> {
    return new Upstream(await openApi(facts), facts);
  }

  /** The ids of its models, in its own order, without those of which it says that they cannot be asked (`"active": false`). */
  async models(signal: AbortSignal): Promise<readonly string[]> {
    try {
      const { data } = await this.#api.models.list({ signal });
      return (Array.isArray(data) ? data : [])
        .filter((model: unknown) => !isJsonObject(model) || model['active'] !== false)
        .map((model: unknown) => (isJsonObject(model) ? model['id'] : model))
        .filter((id) => typeof id === 'string')
        .filter((id) => id !== '');
    } catch (error) {
      throw this.fault(error);
    }
  }

  /** The chunks of an answer. A field that the server does not know is left out, and it is asked again: it had not begun. */
  async chat(
    { model, fields }: ChatRequest,
    messages: readonly ChatMessage[],
    signal: AbortSignal,
  ): Promise<AsyncIterable<unknown>> {
    const refused = new Set(this.#refused.get(model));
    const wanted = { ...fields, stream_options: { include_usage: true } };
    for (;;) {
      const sent = withoutRefused(wanted, refused);
      try {
        const body: Fields = { ...sent, model, messages, stream: true };
        return await this.#api.post('/chat/completions', { body, stream: true, signal });
      } catch (error) {
        const refusal = toRefusal(statusOf(error) ?? 0, error instanceof Error ? error.message : '', sent);
        if (refusal === undefined) throw error;
        for (const name of refusal.fields) refused.add(name);
        if (refusal.isLasting) this.#remember(model, refusal.fields);
      }
    }
  }

  async embed(
    model: string,
    input: readonly string[],
    dimensions: number | undefined,
    signal: AbortSignal,
  ): Promise<Embeddings> {
    const size = dimensions === undefined ? {} : { dimensions };
    try {
      const { data, usage } = await this.#api.embeddings.create(
        // Without this the client asks for base64, which many servers do not give.
        { model, input: [...input], encoding_format: 'float', ...size },
        { signal },
      );
      const ordered = [...data].sort((one, other) => one.index - other.index);
      return { embeddings: ordered.map(({ embedding }) => embedding), promptTokens: usage?.prompt_tokens };
    } catch (error) {
      throw this.fault(error);
    }
  }

  fault(error: unknown) {
    return toUpstreamFault(error, this.#apiKey);
  }

  #remember(model: string, fields: readonly string[]): void {
    const known = this.#refused.get(model) ?? new Set();
    for (const name of fields) known.add(name);
    this.#refused.set(model, known);
  }
}
