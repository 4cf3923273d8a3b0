/** Every field of a body, on every surface, and what becomes of it in front of a server and of hum's claude worker. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { messagesBody } from '../../src/http/anthropic/schema.js';
import { SCALAR_OPTIONS } from '../../src/http/ollama/sampling.js';
import { chatBody as ollamaChat, generateBody } from '../../src/http/ollama/schema.js';
import { chatBody } from '../../src/http/openai/chat/schema.js';
import { completionBody } from '../../src/http/openai/completions/read-completion.js';
import { responsesBody } from '../../src/http/openai/responses/body-schema.js';

type Json = Readonly<Record<string, unknown>>;

export interface FieldRow {
  /** As the header names it. */
  readonly name: string;
  /** What the body has of it. */
  readonly fields: Json;
  /** What a server is sent for it; nothing else of the body differs from one without it. */
  readonly sent?: Json;
  /** True where the header names it even in front of a server. */
  readonly isNamed?: boolean;
  /** What the claude worker's client is told; nothing where the bridge does by itself what is asked. */
  readonly claude?: 'named' | 'refused';
  /** True where it excludes other fields. */
  readonly isAlone?: boolean;
  /** What the bridge does, where a field neither goes out nor is named. */
  readonly here?: string;
}

export interface FieldSurface {
  readonly name: string;
  readonly path: string;
  /** The least body there is. */
  base(model: string, text: string): Json;
  /** The fields that have rows: all that the schema has but for those of `base`, and those of others' schemas. */
  readonly known: readonly string[];
  readonly rows: readonly FieldRow[];
}

const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } };
const schema = { type: 'object', properties: { a: { type: 'string' } } };
const NAMED = { claude: 'named' } as const;
const HEADER = { isNamed: true, claude: 'named' } as const;

/** A field that a server is sent as it is. */
const same = (name: string, value: unknown, more: Partial<FieldRow> = NAMED): FieldRow => ({
  name,
  fields: { [name]: value },
  sent: { [name]: value },
  ...more,
});
/** One that no server of chats has. */
const unknown = (name: string, value: unknown): FieldRow => ({ name, fields: { [name]: value }, ...HEADER });
/** One that the bridge sees to. */
const here = (name: string, value: unknown, why: string): FieldRow => ({
  name,
  fields: { [name]: value },
  here: why,
});

/** OpenAI's fields for tools. @param given the tool as the surface has it */
const toolRows = (given: Json): readonly FieldRow[] =>
  [
    ['tools', {}] as const,
    ['tool_choice', { tool_choice: 'auto' }] as const,
    ['parallel_tool_calls', { parallel_tool_calls: false }] as const,
  ].map(([name, fields]) => ({
    name,
    fields: { tools: [given], ...fields },
    sent: { tools: [tool], ...fields },
  }));

const option = (name: string, value: unknown, sent?: Json): FieldRow => ({
  name,
  fields: { options: { [name]: value } },
  ...(sent === undefined ? HEADER : { sent, ...NAMED }),
});

const PENALTIES = { repetition_penalty: 1.1, repeat_penalty: 1.1 };

const OLLAMA: readonly FieldRow[] = [
  option('temperature', 0.3, { temperature: 0.3 }),
  option('top_p', 0.5, { top_p: 0.5 }),
  option('top_k', 3, { top_k: 3 }),
  option('min_p', 0.1, { min_p: 0.1 }),
  option('seed', 7, { seed: 7 }),
  option('frequency_penalty', 0.1, { frequency_penalty: 0.1 }),
  option('presence_penalty', 0.1, { presence_penalty: 0.1 }),
  option('repeat_penalty', 1.1, PENALTIES),
  option('typical_p', 0.5, { typical_p: 0.5 }),
  option('repeat_last_n', 33, { repeat_last_n: 33 }),
  option('mirostat', 1, { mirostat: 1 }),
  option('num_keep', 5, { n_keep: 5 }),
  ...['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'num_thread', 'draft_num_predict', 'numa'].map((name) =>
    option(name, 4),
  ),
  option('use_mmap', true),
  { name: 'num_predict', fields: { options: { num_predict: 5_000 } }, sent: { max_tokens: 5_000 } },
  { name: 'stop', fields: { options: { stop: ['END'] } }, sent: { stop: ['END'] } },
  {
    name: 'format',
    fields: { format: schema },
    sent: { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } },
  },
  { name: 'think', fields: { think: 'low' }, sent: { reasoning_effort: 'low' }, ...NAMED },
  { name: 'logprobs', fields: { logprobs: true }, sent: { logprobs: true }, ...NAMED },
  {
    name: 'logprobs',
    fields: { logprobs: true, top_logprobs: 2 },
    sent: { logprobs: true, top_logprobs: 2 },
    ...NAMED,
  },
  here('keep_alive', '1m', 'how long /api/ps lists the model'),
  here('truncate', true, 'the oldest messages are left out'),
  unknown('shift', false),
  here('stream', false, 'how the answer is given'),
  here('_debug_render_only', false, 'an answer without the model'),
  unknown('made_up', 1),
];

/** What a chat has, in its older forms too, which go out in the bridge's own words. */
const CHAT: readonly FieldRow[] = [
  same('temperature', 0.3),
  same('top_p', 0.5),
  same('top_k', 3),
  same('min_p', 0.1),
  same('seed', 7),
  same('frequency_penalty', 0.1),
  same('presence_penalty', 0.1),
  same('reasoning_effort', 'low'),
  same('reasoning_effort', 'a-little'),
  same('stop', ['END'], {}),
  same('max_tokens', 5_000, {}),
  same('verbosity', 'low'),
  same('service_tier', 'flex'),
  same('service_tier', 'auto', {}),
  same('prompt_cache_key', 'k1', {}),
  same('prompt_cache_retention', '24h'),
  same('safety_identifier', 's1', {}),
  same('user', 'u1', {}),
  same('metadata', { user_id: 'u1' }, {}),
  same('metadata', { topic: 'x' }),
  same('store', true),
  same('store', false, {}),
  same('logit_bias', { 5: 1 }),
  same('prediction', { type: 'content', content: 'a' }),
  same('web_search_options', { search_context_size: 'low' }),
  same('chat_template_kwargs', { enable_thinking: true }),
  same('modalities', ['text'], {}),
  same('made_up', 1),
  same('top_logprobs', 2, {
    claude: 'refused',
    fields: { logprobs: true, top_logprobs: 2 },
    sent: { logprobs: true, top_logprobs: 2 },
  }),
  same('logprobs', true, { claude: 'refused' }),
  {
    name: 'response_format',
    ...(() => {
      const json_schema = { name: 'place', schema, description: 'One.', strict: true };
      const response_format = { type: 'json_schema', json_schema };
      return { fields: { response_format }, sent: { response_format } };
    })(),
  },
  ...toolRows(tool),
  here('stream', false, 'how the answer is given'),
  here('stream_options', { include_usage: true }, 'how the answer is given'),
];

const CHAT_AS_WRITTEN: readonly FieldRow[] = [
  same('max_completion_tokens', 5_000, {}),
  same('repetition_penalty', 1.1),
  same('reasoning', { max_tokens: 5 }, { name: 'reasoning.max_tokens', ...NAMED }),
  same('include_reasoning', false, {}),
  same('n', 1, {}),
];

const CHAT_IN_OUR_WORDS: readonly FieldRow[] = [
  { name: 'max_completion_tokens', fields: { max_completion_tokens: 5_000 }, sent: { max_tokens: 5_000 } },
  { ...same('repetition_penalty', 1.1), sent: PENALTIES },
  {
    name: 'reasoning_effort',
    fields: { reasoning: { effort: 'low' } },
    sent: { reasoning_effort: 'low' },
    ...NAMED,
  },
  { ...same('reasoning', { max_tokens: 5 }), name: 'reasoning.max_tokens' },
  here('include_reasoning', false, 'the answer has no thoughts'),
  here('n', 1, 'how many turns there are'),
  {
    name: 'functions',
    isAlone: true,
    fields: { functions: [tool.function], function_call: 'auto' },
    sent: { tools: [tool], tool_choice: 'auto' },
  },
];

const COMPLETIONS: readonly FieldRow[] = [
  ...CHAT.filter(({ name }) =>
    ['temperature', 'top_p', 'top_k', 'min_p', 'seed', 'stop', 'max_tokens'].includes(name),
  ),
  same('frequency_penalty', 0.1),
  same('presence_penalty', 0.1),
  { ...same('repetition_penalty', 1.1), sent: PENALTIES },
  { name: 'logprobs', fields: { logprobs: 2 }, sent: { logprobs: true, top_logprobs: 2 }, claude: 'refused' },
  same('logit_bias', { 5: 1 }),
  same('user', 'u1'),
  same('service_tier', 'flex'),
  unknown('best_of', 3),
  here('best_of', 1, 'one answer is the best of one'),
  here('n', 1, 'how many turns there are'),
  here('echo', true, 'the prompt stands before the answer'),
  here('stream', false, 'how the answer is given'),
  here('stream_options', { include_usage: true }, 'how the answer is given'),
  unknown('made_up', 1),
];

const flatTool = { type: 'function', name: 'look', parameters: tool.function.parameters };

const RESPONSES: readonly FieldRow[] = [
  same('temperature', 0.3),
  same('top_p', 0.5),
  same('top_k', 3),
  same('min_p', 0.1),
  same('seed', 7),
  same('frequency_penalty', 0.1),
  same('presence_penalty', 0.1),
  same('repetition_penalty', 1.1),
  same('logit_bias', { 5: 1 }),
  same('service_tier', 'flex'),
  same('service_tier', 'auto', {}),
  same('prompt_cache_key', 'k1', {}),
  same('prompt_cache_retention', '24h'),
  same('safety_identifier', 's1', {}),
  same('user', 'u1', {}),
  same('metadata', { topic: 'x' }, {}),
  { name: 'text.verbosity', fields: { text: { verbosity: 'low' } }, sent: { verbosity: 'low' }, ...NAMED },
  {
    name: 'text.format',
    fields: { text: { format: { type: 'json_schema', name: 'place', schema, strict: true } } },
    sent: { response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } } },
  },
  {
    name: 'reasoning.effort',
    fields: { reasoning: { effort: 'low' } },
    sent: { reasoning_effort: 'low' },
    ...NAMED,
  },
  {
    name: 'reasoning.effort',
    fields: { reasoning: { effort: 'a-little' } },
    sent: { reasoning_effort: 'a-little' },
    ...NAMED,
  },
  { name: 'reasoning.context', fields: { reasoning: { context: 'all' } }, ...HEADER },
  here('reasoning', { summary: 'auto' }, 'in which form thoughts are given'),
  { name: 'max_output_tokens', fields: { max_output_tokens: 5_000 }, sent: { max_tokens: 5_000 } },
  unknown('max_tool_calls', 3),
  {
    name: 'top_logprobs',
    fields: { top_logprobs: 2 },
    sent: { logprobs: true, top_logprobs: 2 },
    claude: 'refused',
  },
  {
    name: 'include',
    fields: { include: ['message.output_text.logprobs'] },
    sent: { logprobs: true },
    claude: 'refused',
  },
  ...toolRows(flatTool),
  here('truncation', 'auto', 'the oldest messages may be left out'),
  here('store', false, 'whether the bridge keeps it'),
  here('stream', false, 'how the answer is given'),
  here('stream_options', { include_obfuscation: false }, 'a stream hides no lengths'),
  {
    name: 'stream_options.include_obfuscation',
    fields: { stream_options: { include_obfuscation: true } },
    ...HEADER,
  },
  here('generate', true, 'whether there is an answer'),
  here('background', false, 'whether the client waits'),
  unknown('context_management', [{ type: 'compaction' }]),
  unknown('client_metadata', { a: 'b' }),
  unknown('made_up', 1),
];

const anthropicTool = { name: 'look', input_schema: tool.function.parameters };

const MESSAGES: readonly FieldRow[] = [
  same('temperature', 0.3),
  same('top_p', 0.5),
  same('top_k', 3),
  { name: 'stop_sequences', fields: { stop_sequences: ['END'] }, sent: { stop: ['END'] } },
  {
    name: 'thinking',
    fields: { thinking: { type: 'enabled', budget_tokens: 2_000 } },
    sent: { reasoning_effort: 'low' },
    ...NAMED,
  },
  {
    name: 'thinking',
    fields: { output_config: { effort: 'low' } },
    sent: { reasoning_effort: 'low' },
    ...NAMED,
  },
  {
    name: 'output_config.format',
    fields: { output_config: { format: { type: 'json_schema', schema } } },
    sent: { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } },
  },
  { name: 'output_config.task_budget', fields: { output_config: { task_budget: { total: 9 } } }, ...HEADER },
  { name: 'metadata.user_id', fields: { metadata: { user_id: 'u1' } }, sent: { user: 'u1' } },
  {
    name: 'metadata.user_id',
    fields: { metadata: { user_id: 'u'.repeat(65) } },
    sent: { user: createHash('sha256').update('u'.repeat(65)).digest('hex') },
  },
  { name: 'metadata.team', fields: { metadata: { team: 'a' } }, ...HEADER },
  { name: 'service_tier', fields: { service_tier: 'standard_only' }, sent: { service_tier: 'default' } },
  { name: 'service_tier', fields: { service_tier: 'fast' }, ...HEADER },
  here('speed', 'standard', 'that is how it is'),
  unknown('speed', 'fast'),
  unknown('mcp_servers', [{ type: 'url', url: 'https://example.org', name: 'a' }]),
  unknown('context_management', { edits: [] }),
  unknown('container', 'c1'),
  unknown('inference_geo', 'us'),
  unknown('cache_control', { type: 'ephemeral' }),
  unknown('made_up', 1),
  same('seed', 7),
  { name: 'tools', fields: { tools: [anthropicTool] }, sent: { tools: [tool] } },
  {
    name: 'tool_choice',
    fields: { tools: [anthropicTool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    sent: { tools: [tool], tool_choice: 'auto', parallel_tool_calls: false },
  },
  here('stream', false, 'how the answer is given'),
];

const keysOf = ({ shape }: z.ZodObject): readonly string[] => Object.keys(shape);

export const FIELD_SURFACES: readonly FieldSurface[] = [
  {
    name: 'ollama chat',
    path: '/api/chat',
    base: (model, text) => ({ model, stream: false, messages: [{ role: 'user', content: text }] }),
    known: [...keysOf(ollamaChat.out), ...SCALAR_OPTIONS.keys()],
    rows: [...OLLAMA, { name: 'tools', fields: { tools: [tool] }, sent: { tools: [tool] } }],
  },
  {
    name: 'ollama generate',
    path: '/api/generate',
    base: (model, prompt) => ({ model, stream: false, prompt }),
    known: [...keysOf(generateBody.out), ...SCALAR_OPTIONS.keys()],
    rows: [
      ...OLLAMA,
      unknown('template', '{{ .Prompt }}'),
      { ...unknown('raw', true), isAlone: true },
      here('context', [], 'a history'),
    ],
  },
  {
    name: 'a chat as its client wrote it',
    path: '/v1/chat/completions',
    base: (model, text) => ({ model, messages: [{ role: 'user', content: text }] }),
    known: keysOf(chatBody),
    rows: [...CHAT, ...CHAT_AS_WRITTEN, ...CHAT_IN_OUR_WORDS.filter(({ name }) => name === 'functions')],
  },
  {
    name: 'a chat in a form that servers do not read',
    path: '/v1/chat/completions',
    base: (model, text) => ({ model, messages: [{ role: 'user', content: [{ type: 'input_text', text }] }] }),
    known: keysOf(chatBody),
    rows: [...CHAT, ...CHAT_IN_OUR_WORDS],
  },
  {
    name: 'completions',
    path: '/v1/completions',
    base: (model, prompt) => ({ model, prompt }),
    known: keysOf(completionBody),
    rows: COMPLETIONS,
  },
  {
    name: 'responses',
    path: '/v1/responses',
    base: (model, input) => ({ model, input }),
    known: keysOf(responsesBody),
    rows: RESPONSES,
  },
  {
    name: 'messages',
    path: '/v1/messages',
    base: (model, text) => ({ model, max_tokens: 5_000, messages: [{ role: 'user', content: text }] }),
    known: keysOf(messagesBody),
    rows: MESSAGES,
  },
];

/** Part of the conversation, or tested where that is: not settings. */
const CONVERSATION = new Set([
  ...['system', 'suffix', 'images', 'instructions', 'previous_response_id', 'conversation', 'prompt'],
]);

/** The fields that a surface knows and no row is about. */
export function fieldsWithoutRow({ base, known, rows }: FieldSurface): readonly string[] {
  const found = new Set(
    [base('m', 't'), ...rows.flatMap(({ fields }) => [fields, fields['options'] ?? {}])].flatMap((fields) =>
      Object.keys(fields),
    ),
  );
  return known.filter((name) => !found.has(name) && !CONVERSATION.has(name));
}
