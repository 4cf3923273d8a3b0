/** What a model can do is judged alike on every surface and route, streamed and whole, and worded by each. */
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { CAPABILITIES, type Capability } from '../../src/core/model.js';
import { createAnthropicSurface } from '../../src/http/anthropic/surface.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { createOpenAISurface } from '../../src/http/openai/surface.js';
import type { Conversation } from '../conversation.js';
import { card, modelOf } from '../model.js';
import { serveSurface } from './serve-surface.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, estimated: false };
const ANSWER: readonly Event[] = [
  { type: 'text-delta', text: 'hi' },
  { type: 'finish', reason: 'stop', usage },
];

const CREATE = {
  ollama: createOllamaSurface,
  openai: createOpenAISurface,
  anthropic: createAnthropicSurface,
};

type Fields = Readonly<Record<string, unknown>>;

interface Route {
  readonly surface: keyof typeof CREATE;
  readonly plain: Fields;
  /** False where there is nothing to stream. */
  readonly streams?: false;
  /** What a request says that needs this of a model. */
  readonly asks: Readonly<Partial<Record<Capability, Fields>>>;
}

const PIXEL = 'iVBORw0KGgo=';
const user = (content: unknown, more: Fields = {}) => ({ messages: [{ role: 'user', content, ...more }] });
const url = `data:image/png;base64,${PIXEL}`;
const anthropicImage = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } };
const anthropicTool = { name: 'f', input_schema: { type: 'object' } };
const chatTool = { type: 'function', function: { name: 'f' } };

const ROUTES: Readonly<Record<string, Route>> = {
  '/api/chat': {
    surface: 'ollama',
    plain: user('hi'),
    asks: {
      completion: {},
      vision: user('hi', { images: [PIXEL] }),
      tools: { tools: [chatTool] },
      thinking: { think: true },
    },
  },
  '/api/generate': {
    surface: 'ollama',
    plain: { prompt: 'hi' },
    asks: {
      completion: {},
      vision: { images: [PIXEL] },
      insert: { suffix: 'x' },
      thinking: { think: 'high' },
    },
  },
  '/v1/chat/completions': {
    surface: 'openai',
    plain: user('hi'),
    asks: {
      completion: {},
      vision: user([{ type: 'image_url', image_url: { url } }]),
      tools: { tools: [chatTool] },
      thinking: { reasoning_effort: 'high' },
    },
  },
  '/v1/completions': {
    surface: 'openai',
    plain: { prompt: 'hi' },
    asks: { completion: {}, insert: { suffix: 'x' } },
  },
  '/v1/responses': {
    surface: 'openai',
    plain: { input: 'hi' },
    asks: {
      completion: {},
      vision: { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] },
      tools: { tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }] },
      thinking: { reasoning: { effort: 'high' } },
    },
  },
  '/v1/messages': {
    surface: 'anthropic',
    plain: { ...user('hi'), max_tokens: 9 },
    asks: {
      completion: {},
      vision: user([anthropicImage]),
      tools: { tools: [anthropicTool] },
      thinking: { thinking: { type: 'enabled', budget_tokens: 1_024 }, max_tokens: 2_048 },
    },
  },
  '/v1/messages/count_tokens': {
    surface: 'anthropic',
    plain: user('hi'),
    streams: false,
    asks: {
      completion: {},
      vision: user([anthropicImage]),
      tools: { tools: [anthropicTool] },
      thinking: { thinking: { type: 'enabled', budget_tokens: 1_024 } },
    },
  },
  '/api/embed': { surface: 'ollama', plain: { input: 'a' }, streams: false, asks: { embedding: {} } },
  '/api/embeddings': { surface: 'ollama', plain: { prompt: 'a' }, streams: false, asks: { embedding: {} } },
  '/v1/embeddings': { surface: 'openai', plain: { input: 'a' }, streams: false, asks: { embedding: {} } },
};

/**
 * What is told of a model that lacks something; the rest of the table is let through. Effort and a budget for thoughts are
 * what agents send with every request, whatever the model; the text before a suffix is asked for in words; and the tool that
 * makes embeddings knows itself for which models.
 */
const REFUSALS: Readonly<Record<string, Readonly<Partial<Record<Capability, string>>>>> = {
  '/api/chat': {
    completion: '"m" does not support chat',
    vision: 'registry.ollama.ai/library/m:latest does not support vision',
    tools: 'registry.ollama.ai/library/m:latest does not support tools',
    thinking: '"m" does not support thinking',
  },
  '/api/generate': {
    completion: '"m" does not support generate',
    vision: 'registry.ollama.ai/library/m:latest does not support vision',
    insert: 'registry.ollama.ai/library/m:latest does not support insert',
    thinking: '"m" does not support thinking',
  },
  '/v1/chat/completions': {
    completion: "The model 'm' does not generate text.",
    vision: "The model 'm' does not support images.",
    tools: "Unsupported parameter: 'tools' is not supported with this model.",
  },
  '/v1/completions': { completion: "The model 'm' does not generate text." },
  '/v1/responses': {
    completion: "The model 'm' does not generate text.",
    vision: "The model 'm' does not support images.",
    tools: "Unsupported parameter: 'tools' is not supported with this model.",
  },
  '/v1/messages': {
    completion: "'m' does not support messages.",
    vision: "'m' does not support image input.",
    tools: "'m' does not support tools.",
  },
  '/v1/messages/count_tokens': {
    completion: "'m' does not support messages.",
    vision: "'m' does not support image input.",
    tools: "'m' does not support tools.",
  },
};

interface Row {
  readonly path: string;
  readonly capability: Capability;
  readonly stream: boolean;
  readonly refusal: string | undefined;
}

const ROWS: readonly Row[] = Object.entries(ROUTES).flatMap(([path, { asks, streams = true }]) =>
  CAPABILITIES.filter((capability) => asks[capability] !== undefined).flatMap((capability) =>
    (streams ? [false, true] : [false]).map((stream) => ({
      path,
      capability,
      stream,
      refusal: REFUSALS[path]?.[capability],
    })),
  ),
);

async function ask({ path, capability, stream }: Row, capabilities: readonly Capability[]) {
  const { surface, plain, asks, streams } = ROUTES[path] ?? { surface: 'ollama', plain: {}, asks: {} };
  let turns = 0;
  const conversation: Conversation = {
    async *turn() {
      turns++;
      yield ANSWER;
    },
    models: () => [modelOf('m', { card: { ...card, capabilities } })],
    link: () => 'up',
    callTool: () => Promise.resolve({ embeddings: [[1]] }),
  };
  const address = await serveSurface({ create: CREATE[surface], conversation });
  const body = { model: 'm', ...plain, ...asks[capability], ...(streams === false ? {} : { stream }) };
  const response = await fetch(address + path, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, text: await response.text(), turns };
}

function messageOf(text: string): unknown {
  const { error } = JSON.parse(text);
  return typeof error === 'string' ? error : error.message;
}

describe('a model that cannot do what a request needs', () => {
  it.each(ROWS)('$path, $capability, stream: $stream', async (row) => {
    const others = CAPABILITIES.filter((capability) => capability !== row.capability);
    const { status, text, turns } = await ask(row, others);
    if (row.refusal === undefined) expect(status).toBe(200);
    else expect([status, messageOf(text), turns]).toEqual([400, row.refusal, 0]);
  });
});

describe('a model that can', () => {
  it.each(ROWS)('$path, $capability, stream: $stream', async (row) => {
    const { status, turns } = await ask(row, CAPABILITIES);
    const isTurn = !/embed|count/.test(row.path);
    expect([status, turns]).toEqual([200, isTurn ? 1 : 0]);
  });
});

describe('the words of OpenAI', () => {
  it.each([
    ['/v1/chat/completions', 'vision', 'messages', 'unsupported_value'],
    ['/v1/responses', 'vision', 'input', 'unsupported_value'],
    ['/v1/chat/completions', 'tools', 'tools', 'unsupported_parameter'],
    ['/v1/completions', 'completion', 'model', 'unsupported_value'],
  ] as const)('name the field: %s, %s', async (path, capability, param, code) => {
    const others = CAPABILITIES.filter((other) => other !== capability);
    const { text } = await ask({ path, capability, stream: false, refusal: undefined }, others);
    expect(JSON.parse(text).error).toMatchObject({ type: 'invalid_request_error', param, code });
  });
});
