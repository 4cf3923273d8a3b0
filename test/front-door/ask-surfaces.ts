/** One question as a client of each surface asks it, and what it reads of the answer, streamed and whole. */
import { isJsonObject } from '../../src/core/json-object.js';
import { parseStream } from './world.js';

type Json = Readonly<Record<string, unknown>>;

export interface AskSurface {
  readonly name: string;
  readonly path: string;
  /** @param fields of the body, in the surface's own names */
  body(model: string, text: string, stream: boolean, fields?: Json): Json;
  /** The text of an answer. */
  text(answer: Answer): string;
  /** Why an answer ended. */
  reason(answer: Answer): unknown;
  /** The token counts of an answer. */
  usage(answer: Answer): Json;
  /** The message of an error, whole or within a stream. */
  errorText(json: Json): unknown;
}

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly isStream: boolean;
  readonly body: string;
  /** The JSON of a whole answer, or of each line or frame. */
  readonly values: readonly Json[];
}

export async function toAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const body = await response.text();
  const isStream = /event-stream|ndjson/.test(headers.get('content-type') ?? '');
  return { status, headers, isStream, body, values: isStream ? parseStream(body) : [JSON.parse(body)] };
}

/** Follows keys and indices; undefined where there is nothing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (Array.isArray(found)) found = found.at(Number(key));
    else found = isJsonObject(found) ? found[key] : undefined;
  }
  return found;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function object(value: unknown): Json {
  return isJsonObject(value) ? value : {};
}

function joined(values: readonly unknown[]): string {
  return values.filter((value) => typeof value === 'string').join('');
}

/** The last that is there. */
function lastOf(values: readonly unknown[]): unknown {
  return values.findLast((value) => value != null);
}

const withMessage = (model: string, text: string, stream: boolean, fields: Json = {}): Json => ({
  model,
  stream,
  messages: [{ role: 'user', content: text }],
  ...fields,
});

const ollama: AskSurface = {
  name: 'ollama',
  path: '/api/chat',
  body: withMessage,
  text: ({ values }) => joined(values.map((value) => at(value, 'message', 'content'))),
  reason: ({ values }) => at(values, -1, 'done_reason'),
  usage: ({ values }) => object(values.at(-1)),
  errorText: (json) => json['error'],
};

const chat: AskSurface = {
  name: 'chat completions',
  path: '/v1/chat/completions',
  body: (model, text, stream, fields = {}) =>
    withMessage(model, text, stream, {
      ...(stream && { stream_options: { include_usage: true } }),
      ...fields,
    }),
  text: ({ isStream, values }) =>
    joined(values.map((value) => at(value, 'choices', 0, isStream ? 'delta' : 'message', 'content'))),
  reason: ({ values }) => lastOf(values.map((value) => at(value, 'choices', 0, 'finish_reason'))),
  usage: ({ values }) => object(at(values, -1, 'usage')),
  errorText: (json) => at(json, 'error', 'message'),
};

const completions: AskSurface = {
  ...chat,
  name: 'completions',
  path: '/v1/completions',
  body: (model, text, stream, fields = {}) => ({
    model,
    stream,
    prompt: text,
    ...(stream && { stream_options: { include_usage: true } }),
    ...fields,
  }),
  text: ({ values }) => joined(values.map((value) => at(value, 'choices', 0, 'text'))),
};

/** The response in its last state. */
function responseOf({ isStream, values }: Answer): unknown {
  return isStream ? at(values, -1, 'response') : values[0];
}

const responses: AskSurface = {
  name: 'responses',
  path: '/v1/responses',
  body: (model, text, stream, fields = {}) => ({ model, stream, store: false, input: text, ...fields }),
  text: (answer) =>
    answer.isStream
      ? joined(
          answer.values.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta),
        )
      : joined(
          list(at(responseOf(answer), 'output'))
            .filter((item) => at(item, 'type') === 'message')
            .flatMap((item) => list(at(item, 'content')).map((part) => at(part, 'text'))),
        ),
  reason: (answer) =>
    at(responseOf(answer), 'incomplete_details', 'reason') ?? at(responseOf(answer), 'status'),
  usage: (answer) => object(at(responseOf(answer), 'usage')),
  errorText: (json) => at(json, 'error', 'message') ?? at(json, 'response', 'error', 'message'),
};

const messages: AskSurface = {
  name: 'messages',
  path: '/v1/messages',
  body: (model, text, stream, fields = {}) =>
    withMessage(model, text, stream, { max_tokens: 10_000, ...fields }),
  text: ({ isStream, values }) =>
    isStream
      ? joined(values.map((value) => at(value, 'delta', 'text')))
      : joined(list(at(values, 0, 'content')).map((block) => at(block, 'text'))),
  reason: ({ isStream, values }) =>
    isStream
      ? lastOf(values.map((value) => at(value, 'delta', 'stop_reason')))
      : at(values, 0, 'stop_reason'),
  usage: ({ isStream, values }) =>
    object(isStream ? lastOf(values.map((value) => at(value, 'usage'))) : at(values, 0, 'usage')),
  errorText: (json) => at(json, 'error', 'message'),
};

export const ASK_SURFACES: readonly AskSurface[] = [ollama, chat, completions, responses, messages];

/** Each surface, streamed and whole: for `describe.each`. */
export const ASKS: readonly {
  readonly surface: AskSurface;
  readonly stream: boolean;
  readonly how: string;
}[] = ASK_SURFACES.flatMap((surface) =>
  [true, false].map((stream) => ({
    surface,
    stream,
    how: `${surface.name}, ${stream ? 'streamed' : 'whole'}`,
  })),
);
