/** What the bodies of Ollama's routes must look like: loose in what they may hold, strict in its types. */
import { z } from 'zod';
import { leftOut, openQuestionIndex, type Speaker } from '../../core/request.js';
import { base64Error } from './images.js';
import { goTypes } from './go-json.js';
import { LEVELS, SCALAR_OPTIONS } from './sampling.js';

// Fields that Go reads by code of its own: taken as they are, and checked where they are used.

const NULL = { type: 'null' };

/** Checked by `toKeepAliveMs`. */
const keepAlive = z
  .unknown()
  .optional()
  .meta({
    anyOf: [{ type: 'number' }, { type: 'string' }, NULL],
    description: 'Seconds, or a duration such as `5m`; 0 unloads, and below it is for ever.',
  });

/** Checked by `toAnswerFormat`. */
const format = z
  .unknown()
  .optional()
  .meta({
    anyOf: [{ enum: ['json', ''] }, { type: 'object' }, NULL],
    description: '`json`, or a JSON Schema.',
  });

/** Checked by `toReasoningEffort`. */
const think = z
  .unknown()
  .optional()
  .meta({ anyOf: [{ type: 'boolean' }, { enum: [...LEVELS] }, NULL] });

const JSON_TYPES = { float32: 'number', integer: 'number', boolean: 'boolean' } as const;

/** Checked by `toSampling`; for the `meta` of an object with any keys. */
const OPTIONS = {
  anyOf: [
    {
      type: 'object',
      properties: {
        ...Object.fromEntries(
          [...SCALAR_OPTIONS].map(([name, type]) => [name, { type: [JSON_TYPES[type], 'null'] }]),
        ),
        stop: { type: ['array', 'null'], items: { type: 'string' } },
      },
    },
    NULL,
  ],
};

const chat = goTypes('ChatRequest');
const generate = goTypes('GenerateRequest');

/** What both routes take. `format`, `keep_alive` and `think` have types of their own, checked where they are read. */
function sharedFields(go: ReturnType<typeof goTypes>) {
  return {
    model: go.string(),
    stream: go.bool(),
    format,
    keep_alive: keepAlive,
    options: go.map().meta(OPTIONS),
    think,
    truncate: go.bool(),
    shift: go.bool(),
    logprobs: go.bool(),
    top_logprobs: go.int(),
    _debug_render_only: go.bool(),
  };
}

/** Base64, as it goes on: Go allows line ends in it, which are taken out, and a list of bytes in its place. */
function images(go: ReturnType<typeof goTypes>) {
  const image = go
    .string('api.ImageData')
    .refine((text) => text == null || base64Error(text) === undefined, {
      error: (issue) => (typeof issue.input === 'string' ? base64Error(issue.input) : undefined),
    })
    .transform(withoutLineEnds);
  return go.list('[]api.ImageData', z.preprocess(encodeByteList, image).optional());
}

/** The same, of which it is found later whether they are base64: that depends on whether they are history. */
function anyImages(go: ReturnType<typeof goTypes>) {
  return go.list('[]api.ImageData', z.preprocess(encodeByteList, go.string('api.ImageData')).optional());
}

function withoutLineEnds(text: string | null | undefined): string | null | undefined {
  return text?.replace(/[\r\n]/g, '');
}

function encodeByteList(value: unknown): unknown {
  return Array.isArray(value) && value.every(isByte) ? Buffer.from(value).toString('base64') : value;
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xff;
}

const toolCall = chat.struct('api.ToolCall', {
  id: chat.string(),
  function: chat.struct('api.ToolCallFunction', {
    name: chat.string(),
    arguments: chat.map('api.ToolCallFunctionArguments'),
  }),
});

/** Ollama takes nothing but text; one client sends `[]` for a message of images alone (src/http/README.md, "Clients"). */
const content = z.preprocess(
  (value) => (Array.isArray(value) && value.length === 0 ? '' : value),
  chat.string(),
);

const message = chat.struct('api.Message', {
  role: chat.string(),
  content: content.optional(),
  thinking: chat.string(),
  images: anyImages(chat),
  tool_calls: chat.list('[]api.ToolCall', toolCall),
  tool_name: chat.string(),
  tool_call_id: chat.string(),
});

const messages = chat.list('[]api.Message', message).transform((list, context) => {
  if (!list?.some((each) => each?.images != null && each.images.length > 0)) return list;
  const asked = openQuestionIndex(list, speakerOf);
  return list.map((each, index) => {
    if (each?.images == null) return each;
    const flaw = firstFlaw(each.images);
    if (flaw === undefined) return { ...each, images: each.images.map(withoutLineEnds) };
    if (index !== asked) return withoutFlaws(each, each.images);
    context.addIssue({ code: 'custom', message: flaw, input: each.images });
    return z.NEVER;
  });
});

function firstFlaw(images: readonly (string | null | undefined)[]): string | undefined {
  for (const image of images) {
    const flaw = image == null ? undefined : base64Error(image);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** What is no image becomes a line of text: its client sends it again each time, and no session ends by it. */
function withoutFlaws<Message extends { content?: string | null | undefined }>(
  message: Message,
  images: readonly (string | null | undefined)[],
) {
  const isGood = (image: string | null | undefined) => image == null || base64Error(image) === undefined;
  const lines = images
    .filter((image) => !isGood(image))
    .map(() => leftOut('An image', 'it cannot be given to this model').text);
  const content = [...lines, message.content ?? ''].filter((text) => text !== '').join('\n');
  return { ...message, content, images: images.filter(isGood).map(withoutLineEnds) };
}

/** @param message of a role in whatever case; Ollama takes an unknown one for the user's */
export function speakerOf(
  message:
    | { role?: string | null | undefined; tool_calls?: readonly unknown[] | null | undefined }
    | null
    | undefined,
): Speaker {
  switch (message?.role?.toLowerCase()) {
    case 'system':
    case 'developer':
      return 'other';
    case 'assistant':
      return (message?.tool_calls ?? []).length > 0 ? 'call' : 'other';
    case 'tool':
      return 'tool';
    default:
      return 'user';
  }
}

const tool = chat.struct('api.Tool', {
  type: chat.string(),
  function: chat.struct('api.ToolFunction', {
    name: chat.string(),
    description: chat.string(),
    parameters: chat.map('api.ToolFunctionParameters'),
  }),
});

export const chatBody = chat.body({
  ...sharedFields(chat),
  messages,
  tools: chat.list('[]api.Tool', tool),
});

export const generateBody = generate.body({
  ...sharedFields(generate),
  prompt: generate.string(),
  suffix: generate.string(),
  system: generate.string(),
  template: generate.string(),
  context: generate.list('[]int', generate.int()),
  raw: generate.bool(),
  images: images(generate),
});

export type ChatBody = z.output<typeof chatBody>;
export type GenerateBody = z.output<typeof generateBody>;
export type ChatMessage = NonNullable<z.output<typeof message>>;
export type ChatTool = NonNullable<z.output<typeof tool>>;

const embed = goTypes('EmbedRequest');
/** `input` and `keep_alive` have types of their own, checked where they are read. */
export const embedBody = embed.body({
  model: embed.string(),
  input: z
    .unknown()
    .optional()
    .meta({ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }] }),
  truncate: embed.bool(),
  dimensions: embed.int(),
  keep_alive: keepAlive,
  options: embed.map().meta(OPTIONS),
});

const embeddings = goTypes('EmbeddingRequest');
export const embeddingsBody = embeddings.body({
  model: embeddings.string(),
  prompt: embeddings.string(),
  keep_alive: keepAlive,
  options: embeddings.map().meta(OPTIONS),
});

export type EmbedBody = z.output<typeof embedBody>;
export type EmbeddingsBody = z.output<typeof embeddingsBody>;

/** `name` is the older spelling of `model`, and what several clients still send (src/http/README.md, "Bodies"). */
function nameOf(go: ReturnType<typeof goTypes>) {
  return { model: go.string(), name: go.string() };
}

/** Of the routes that Ollama asks a registry for. */
function withRegistry(root: string) {
  const go = goTypes(root);
  const login = { insecure: go.bool(), username: go.string(), password: go.string() };
  return go.body({ ...nameOf(go), ...login, stream: go.bool() });
}

const show = goTypes('ShowRequest');
export const showBody = show.body({
  ...nameOf(show),
  system: show.string(),
  template: show.string(),
  verbose: show.bool(),
  options: show.map(),
});
export const pullBody = withRegistry('PullRequest');
export const pushBody = withRegistry('PushRequest');
export const deleteBody = goTypes('DeleteRequest').body(nameOf(goTypes('DeleteRequest')));

const copy = goTypes('CopyRequest');
export const copyBody = copy.body({ source: copy.string(), destination: copy.string() });

const create = goTypes('CreateRequest');
export const createBody = create.body({
  model: create.string(),
  name: create.string(),
  from: create.string(),
  files: create.map('map[string]string'),
  adapters: create.map('map[string]string'),
  stream: create.bool(),
});

export type ShowBody = z.output<typeof showBody>;
export type RegistryBody = z.output<typeof pullBody>;
export type DeleteBody = z.output<typeof deleteBody>;
export type CopyBody = z.output<typeof copyBody>;
export type CreateBody = z.output<typeof createBody>;
