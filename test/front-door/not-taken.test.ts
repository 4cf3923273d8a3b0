/** What hum's claude worker does not take is refused, or named: never dropped behind a 200. */
import { describe, expect, test } from 'vitest';
import { isJsonObject } from '../../src/core/json-object.js';
import { claude } from '../claude-bee/script.js';
import { startClaudeWorld } from '../claude-bee/world.js';
import { ASKS, at, toAnswer } from './ask-surfaces.js';
import { FIELD_SURFACES, type FieldRow } from './every-field.js';
import { startScriptedWorker } from './scripted-worker.js';
import { startWorld } from './world.js';

type Json = Readonly<Record<string, unknown>>;

const MODEL = 'claude-haiku-4-5';
const LINE = '[An image was here. It is left out: this model cannot see images.]';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const url = `data:image/png;base64,${PIXEL}`;
const block = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } };

interface ImageSurface {
  readonly name: string;
  readonly path: string;
  /** A conversation with an image in its last question. */
  readonly question: Json;
  /** One with images in an earlier question, and in a tool's result where the surface has such. */
  readonly history: Json;
  readonly images: number;
  readonly refusal: RegExp;
}

const asks = 'What is it?';
const openAIRefusal = /does not support images/;

const SURFACES: readonly ImageSurface[] = [
  {
    name: 'ollama',
    path: '/api/chat',
    question: { messages: [{ role: 'user', content: asks, images: [PIXEL] }] },
    history: {
      messages: [
        { role: 'user', content: asks, images: [PIXEL] },
        { role: 'assistant', content: 'A dot.' },
        { role: 'user', content: 'Sure?' },
      ],
    },
    images: 1,
    refusal: /does not support vision/,
  },
  {
    name: 'ollama generate',
    path: '/api/generate',
    question: { prompt: asks, images: [PIXEL] },
    history: { prompt: 'Sure?' },
    images: 0,
    refusal: /does not support vision/,
  },
  {
    name: 'chat completions',
    path: '/v1/chat/completions',
    question: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] },
    history: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: asks },
            { type: 'image_url', image_url: { url } },
          ],
        },
        { role: 'assistant', content: 'A dot.' },
        { role: 'user', content: 'Sure?' },
      ],
    },
    images: 1,
    refusal: openAIRefusal,
  },
  {
    name: 'responses',
    path: '/v1/responses',
    question: { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] },
    history: {
      input: [
        { role: 'user', content: [{ type: 'input_image', image_url: url }] },
        { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: url }] },
        { role: 'user', content: 'Sure?' },
      ],
    },
    images: 2,
    refusal: openAIRefusal,
  },
  {
    name: 'messages',
    path: '/v1/messages',
    question: { messages: [{ role: 'user', content: [block] }] },
    history: {
      messages: [
        { role: 'user', content: [{ type: 'text', text: asks }, block] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'look', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't', content: [block] },
            { type: 'text', text: 'Sure?' },
          ],
        },
      ],
    },
    images: 2,
    refusal: /does not support image input/,
  },
];

const bodyOf = (fields: Json, stream: boolean) => ({ model: MODEL, stream, max_tokens: 5_000, ...fields });
const withVision = {
  models: [{ name: MODEL, alias: [], capabilities: ['completion' as const, 'vision' as const] }],
};

describe.each(SURFACES.flatMap((surface) => [true, false].map((stream) => ({ ...surface, stream }))))(
  'an image on $name, streamed: $stream',
  ({ path, question, history, images, refusal, stream }) => {
    test('is refused in the question, in the surface’s words', async () => {
      const { post, bee } = await startClaudeWorld();
      const answer = await toAnswer(await post(path, bodyOf(question, stream)));
      expect(answer.status).toBe(400);
      expect(answer.body).toMatch(refusal);
      expect(bee.prompts).toEqual([]);
    });

    test('is a line of text in history and tool results', async () => {
      const { post, bee } = await startClaudeWorld();
      const answer = await toAnswer(await post(path, bodyOf(history, stream)));
      expect(answer.status).toBe(200);
      const prompt = String(bee.prompts[0]?.['content']);
      expect(prompt.split(LINE)).toHaveLength(images + 1);
      expect(bee.prompts[0]).not.toHaveProperty('attachments');
    });

    test('goes to the worker where the configuration says that the model sees', async () => {
      const { post, bee } = await startClaudeWorld({ config: withVision });
      expect((await toAnswer(await post(path, bodyOf(question, stream)))).status).toBe(200);
      expect(bee.prompts[0]?.['attachments']).toHaveLength(1);
    });
  },
);

describe('what a model is said to do', () => {
  const capabilities = async (post: (path: string, body: unknown) => Promise<Response>, model: string) =>
    at(await (await post('/api/show', { model })).json(), 'capabilities');

  test('has no vision where no worker takes images, whatever name it is asked for by', async () => {
    const { post } = await startClaudeWorld();
    expect(await capabilities(post, MODEL)).toEqual(['completion', 'tools', 'thinking']);
    expect(await capabilities(post, 'haiku')).not.toContain('vision');
  });

  test('is what the configuration says of it', async () => {
    const { post } = await startClaudeWorld({ config: withVision });
    expect(await capabilities(post, MODEL)).toEqual(['completion', 'vision']);
  });

  test('has vision where nothing else is known', async () => {
    const world = await startWorld();
    expect(await capabilities(world.post, 'claude-sonnet-4')).toContain('vision');
  });
});

/** All settings, as each surface has them, and what the header says of them. */
const SETTINGS: Readonly<Record<string, readonly [Json, string]>> = {
  ollama: [
    {
      think: false,
      options: {
        temperature: 0,
        top_p: 0.5,
        top_k: 3,
        min_p: 0.1,
        seed: 7,
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        repeat_penalty: 1.1,
        num_predict: 5_000,
        stop: ['x'],
      },
    },
    'temperature, top_p, top_k, min_p, seed, frequency_penalty, presence_penalty, repeat_penalty, think',
  ],
  'chat completions': [
    {
      temperature: 0,
      top_p: 0.5,
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      repetition_penalty: 1.1,
      reasoning_effort: 'low',
      max_completion_tokens: 5_000,
      stop: 'x',
    },
    'temperature, top_p, seed, frequency_penalty, presence_penalty, repetition_penalty, reasoning_effort',
  ],
  completions: [
    { temperature: 0, seed: 7, presence_penalty: 0.2, max_tokens: 5_000 },
    'temperature, seed, presence_penalty',
  ],
  responses: [
    { temperature: 0, top_p: 0.5, reasoning: { effort: 'low' }, max_output_tokens: 5_000 },
    'temperature, top_p, reasoning.effort',
  ],
  messages: [
    { temperature: 0, top_p: 0.5, top_k: 3, thinking: { type: 'disabled' }, stop_sequences: ['x'] },
    'temperature, top_p, top_k, thinking',
  ],
};

describe.each(ASKS)('settings on $how', ({ surface, stream }) => {
  const [fields, names] = SETTINGS[surface.name] ?? [{}, ''];
  const text = claude({ text: 'hi' });

  test('that the worker does not take are named in the head of the answer', async () => {
    const { post } = await startClaudeWorld();
    const answer = await toAnswer(await post(surface.path, surface.body(MODEL, text, stream, fields)));
    expect(answer.status).toBe(200);
    expect(surface.text(answer)).toBe('hi');
    expect(answer.headers.get('x-hum-ignored')).toBe(names);
  });

  test('that nobody set are not named', async () => {
    const { post } = await startClaudeWorld();
    const answer = await toAnswer(await post(surface.path, surface.body(MODEL, text, stream)));
    expect(answer.headers.has('x-hum-ignored')).toBe(false);
  });

  test('are not named where the worker may take them', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const pending = world.post(surface.path, surface.body('scripted', 'hi', stream, fields));
    const turn = await worker.turn(0);
    turn.finish();
    expect((await pending).headers.has('x-hum-ignored')).toBe(false);
    expect(turn.prompt['sampling']).toMatchObject({ temperature: 0 });
  });
});

/** As many rows as may stand in one body, which is one process of the worker. */
function grouped(rows: readonly FieldRow[]) {
  const groups: { fields: Json; names: string[]; isAlone: boolean }[] = [];
  for (const { name, fields, claude: told, isAlone = false } of rows) {
    const { options = {}, ...others } = fields;
    const isFree = (group: (typeof groups)[number]) =>
      !isAlone &&
      !group.isAlone &&
      !group.names.includes(name) &&
      !Object.keys(others).some((key) => key in group.fields) &&
      !Object.keys(object(options)).some((key) => at(group.fields, 'options', key) !== undefined);
    const found = groups.find(isFree);
    const group = found ?? { fields: {}, names: [], isAlone };
    if (found === undefined) groups.push(group);
    const merged = { ...object(group.fields['options']), ...object(options) };
    const hasOptions = Object.keys(merged).length > 0;
    group.fields = { ...group.fields, ...others, ...(hasOptions ? { options: merged } : {}) };
    if (told === 'named') group.names.push(name);
  }
  return groups;
}

const object = (value: unknown): Json => (isJsonObject(value) ? value : {});

describe.each(FIELD_SURFACES)('each field of $name', ({ path, rows, base }) => {
  test('is done, named or refused', async () => {
    const { post } = await startClaudeWorld();
    const ask = async (fields: Json) =>
      toAnswer(await post(path, { ...base(MODEL, claude({ text: '{"a":"b"}' })), ...fields }));
    for (const { fields } of rows.filter((row) => row.claude === 'refused'))
      expect([fields, (await ask(fields)).status]).toEqual([fields, 400]);
    for (const group of grouped(rows.filter((row) => row.claude !== 'refused'))) {
      const { status, headers } = await ask(group.fields);
      expect([group.fields, status]).toEqual([group.fields, 200]);
      const names = (headers.get('x-hum-ignored') ?? '').split(', ').filter((name) => name !== '');
      expect(names.sort()).toEqual(group.names.sort());
    }
  });

  test('has a name that a header can hold, however many there are', async () => {
    const { post } = await startClaudeWorld();
    const names = ['päp\n', ...Array.from({ length: 100 }, (_, index) => `${'x'.repeat(200)}${index}`)];
    const fields = Object.fromEntries(names.map((name) => [name, 1]));
    const response = await post(path, { ...base(MODEL, claude({ text: 'hi' })), ...fields });
    await response.text();
    expect(response.status).toBe(200);
    const named = response.headers.get('x-hum-ignored') ?? '';
    expect(named).toMatch(/^p%C3%A4p%0A, x{64}, .*, others$/);
    expect(named.length).toBeLessThan(4_096);
  });
});

test('pages of another origin may read which settings were ignored', async () => {
  const { url: address } = await startClaudeWorld();
  const response = await fetch(`${address}/api/chat`, {
    method: 'POST',
    headers: { origin: 'http://localhost:3000' },
    body: JSON.stringify({
      model: MODEL,
      messages: [{ role: 'user', content: claude({ text: 'hi' }) }],
      options: { seed: 1 },
    }),
  });
  expect(response.headers.get('access-control-expose-headers')?.split(', ')).toContain('x-hum-ignored');
  expect(response.headers.get('x-hum-ignored')).toBe('seed');
  await response.text();
});
