/**
 * What the Open Responses specification asks of a server: each answer and each event has every field that the specification and the
 * newest types of OpenAI's client demand.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readFrames } from '../http/openai/responses/frames.js';
import { openWebSocketClient } from '../http/open-web-socket.js';
import { script, startWorld } from './world.js';

const model = 'claude-sonnet-4';
const text = z.string();
const nullableText = z.string().nullable();
const count = z.int().nonnegative();
const status = z.enum(['in_progress', 'completed', 'incomplete']);

const outputText = z.looseObject({
  type: z.literal('output_text'),
  text,
  annotations: z.array(z.unknown()),
  logprobs: z.array(z.unknown()),
});
const summaryText = z.looseObject({ type: z.literal('summary_text'), text });
const item = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('message'),
    id: text,
    status,
    role: z.literal('assistant'),
    content: z.array(outputText),
  }),
  z.looseObject({ type: z.literal('reasoning'), id: text, summary: z.array(summaryText) }),
  z.looseObject({
    type: z.literal('function_call'),
    id: text,
    call_id: text,
    name: text,
    arguments: text,
    status,
  }),
]);
const usage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  total_tokens: count,
  input_tokens_details: z.looseObject({ cached_tokens: count, cache_write_tokens: count }),
  output_tokens_details: z.looseObject({ reasoning_tokens: count }),
});
const tool = z.looseObject({ type: z.literal('function'), name: text, parameters: z.unknown() });

const response = z.looseObject({
  id: text.regex(/^resp_/),
  object: z.literal('response'),
  created_at: z.int().positive(),
  completed_at: z.int().positive().nullable(),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
  access_programs: z.null(),
  incomplete_details: z.looseObject({ reason: text }).nullable(),
  model: text,
  previous_response_id: nullableText,
  instructions: nullableText,
  output: z.array(item),
  error: z.looseObject({ code: text, message: text }).nullable(),
  tools: z.array(tool),
  tool_choice: z.union([text, z.looseObject({ type: text })]),
  truncation: z.enum(['auto', 'disabled']),
  parallel_tool_calls: z.boolean(),
  text: z.looseObject({ format: z.looseObject({ type: text }) }),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: count,
  temperature: z.number(),
  reasoning: z.looseObject({ effort: nullableText, summary: nullableText }).nullable(),
  usage: usage.nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: text,
  metadata: z.record(text, text),
  safety_identifier: nullableText,
  prompt_cache_key: nullableText,
});

const at = { output_index: count };
const inItem = { item_id: text, ...at };
const inPart = { ...inItem, content_index: count };
const inSummary = { ...inItem, summary_index: count };
const logprobs = z.array(z.unknown());
const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.looseObject({ type: z.literal(type), sequence_number: count, ...shape });
const streamEvent = z.discriminatedUnion('type', [
  event('response.created', { response }),
  event('response.in_progress', { response }),
  event('response.completed', { response }),
  event('response.output_item.added', { ...at, item }),
  event('response.output_item.done', { ...at, item }),
  event('response.content_part.added', { ...inPart, part: outputText }),
  event('response.content_part.done', { ...inPart, part: outputText }),
  event('response.output_text.delta', { ...inPart, delta: text, logprobs }),
  event('response.output_text.done', { ...inPart, text, logprobs }),
  event('response.reasoning_summary_part.added', { ...inSummary, part: summaryText }),
  event('response.reasoning_summary_part.done', { ...inSummary, part: summaryText }),
  event('response.reasoning_summary_text.delta', { ...inSummary, delta: text }),
  event('response.reasoning_summary_text.done', { ...inSummary, text }),
  event('response.function_call_arguments.delta', { ...inItem, delta: text }),
  event('response.function_call_arguments.done', { ...inItem, name: text, arguments: text }),
]);

const user = (content: unknown) => ({ type: 'message', role: 'user', content });
const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather at a place',
  parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
};
const call = { name: 'get_weather', args: { location: 'San Francisco, CA' } };
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

interface Case {
  readonly name: string;
  readonly body: object;
  /** Of the output. */
  readonly types: readonly string[];
  /** In the prompt that the worker has. */
  readonly told?: string;
}

const cases: readonly Case[] = [
  { name: 'a text', body: { input: [user('Say hello.')] }, types: ['message'], told: 'Say hello.' },
  {
    name: 'reasoning and a text',
    body: { input: [user(script({ reason: ['Hm.'], say: ['Hel', 'lo'] }))], reasoning: { effort: 'low' } },
    types: ['reasoning', 'message'],
  },
  {
    name: 'a system prompt',
    body: { input: [{ type: 'message', role: 'system', content: 'You are a pirate.' }, user('Say hello.')] },
    types: ['message'],
    told: 'You are a pirate.',
  },
  {
    name: 'a tool',
    body: { input: [user(script({ say: ['Looking.'], tools: [call, call] }))], tools: [weather] },
    types: ['message', 'function_call', 'function_call'],
  },
  {
    name: 'an image',
    body: {
      input: [
        user([
          { type: 'input_text', text: 'What is it?' },
          { type: 'input_image', image_url: PIXEL },
        ]),
      ],
    },
    types: ['message'],
    told: 'image/png',
  },
  {
    name: 'several turns',
    body: {
      input: [
        user('My name is Alice.'),
        { type: 'message', role: 'assistant', content: 'Hello Alice!' },
        user('What is my name?'),
      ],
    },
    types: ['message'],
    told: 'Hello Alice!',
  },
];

describe.each(cases)('$name', ({ body, types, told }) => {
  const asked = { model, metadata: { a: 'b' }, ...body };
  const check = (value: unknown) => {
    const { status, output, error, usage } = response.parse(value);
    expect(status).toBe('completed');
    expect(error).toBeNull();
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
    expect(output.map(({ type }) => type)).toEqual(types);
  };

  it('is a whole response', async () => {
    const world = await startWorld();
    const answer = await world.post('/v1/responses', asked);
    expect(answer.status).toBe(200);
    check(await answer.json());
    if (told !== undefined) expect(JSON.stringify(world.sentOf('prompt'))).toContain(told);
  });

  it('is a stream of events, and the same over a WebSocket', async () => {
    const world = await startWorld();
    const stream = await world.post('/v1/responses', { ...asked, stream: true });
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const client = await openWebSocketClient(`${world.url}/v1/responses`);
    const frames = readFrames(await stream.text());
    client.send({ type: 'response.create', ...asked });
    const messages = await client.until('response.completed');
    for (const events of [frames, messages]) {
      const parsed = events.map((each) => streamEvent.parse(each));
      expect(parsed.map(({ sequence_number }) => sequence_number)).toEqual([...parsed.keys()]);
      expect(parsed.slice(0, 2).map(({ type }) => type)).toEqual([
        'response.created',
        'response.in_progress',
      ]);
      const last = parsed.at(-1);
      if (last?.type !== 'response.completed') expect.fail('it is not completed');
      check(last.response);
    }
    expect(messages.map(({ type }) => type)).toEqual(frames.map(({ type }) => type));
  });
});
