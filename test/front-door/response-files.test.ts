/** Files and stored things in the input of a response: read where they can be, refused by their name where not. */
import { describe, expect, it } from 'vitest';
import { startScriptedWorker } from './scripted-worker.js';
import { startWorld } from './world.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const text = {
  type: 'input_file',
  filename: 'notes.txt',
  file_data: `data:text/plain;base64,${base64('the notes')}`,
};
const pdf = {
  type: 'input_file',
  filename: 'a.pdf',
  file_data: `data:application/pdf;base64,${base64('%PDF-1.7 x')}`,
};
const binary = { type: 'input_file', filename: 'a.zip', file_data: base64('PK\0\0\0') };
const withPart = (part: object) => [{ role: 'user', content: [{ type: 'input_text', text: 'read' }, part] }];

it('a text file is decoded and read', async () => {
  const world = await startWorld();
  const worker = await startScriptedWorker(world);
  const answer = world.post('/v1/responses', { model: 'scripted', input: withPart(text) });
  const turn = await worker.turn(0);
  expect(turn.prompt['content']).toContain('notes.txt:\n\nthe notes');
  turn.finish();
  expect((await answer).status).toBe(200);
});

it('a PDF goes to a worker that takes documents, as what it is', async () => {
  const world = await startWorld();
  const worker = await startScriptedWorker(world, 'stateless_per_call', [
    'accepts:messages',
    'accepts:images',
    'accepts:pdf',
  ]);
  const answer = world.post('/v1/responses', { model: 'scripted', input: withPart(pdf) });
  const turn = await worker.turn(0);
  expect(JSON.stringify(turn.prompt)).toContain(base64('%PDF-1.7 x'));
  turn.finish();
  expect((await answer).status).toBe(200);
});

describe('what cannot be read', () => {
  it.each([
    ['a file by its id', withPart({ type: 'input_file', file_id: 'file_1' }), 'input[0].content[1].file_id'],
    [
      'an image by its id',
      withPart({ type: 'input_image', file_id: 'file_1' }),
      'input[0].content[1].file_id',
    ],
    ['a file of another kind', withPart(binary), 'input[0].content[1]'],
  ])('is refused by its name: %s', async (_, input, param) => {
    const world = await startWorld();
    const response = await world.post('/v1/responses', { model: 'claude-sonnet-4', input });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param, code: 'unsupported_value' } });
    expect(world.sentOf('prompt')).toEqual([]);
  });

  it('is a line of text in what was said before', async () => {
    const world = await startWorld();
    const input = [
      ...withPart({ type: 'input_file', file_id: 'file_1' }),
      { role: 'assistant', content: 'read it' },
      { role: 'user', content: 'and now?' },
    ];
    const response = await world.post('/v1/responses', { model: 'claude-sonnet-4', input });
    expect(response.status).toBe(200);
    await response.json();
    expect(String(world.sentOf('prompt')[0]?.['content'])).toMatch(/A file .*cannot be given to this model/);
  });

  it.each([
    ['prompt', { id: 'pmpt_1', variables: {} }, 'prompt'],
    ['metadata', Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v'])), 'metadata'],
    ['metadata', { k: 'x'.repeat(513) }, 'metadata.k'],
    ['truncation', 'middle', 'truncation'],
    ['max_tool_calls', 'many', 'max_tool_calls'],
    ['max_tool_calls', 0, 'max_tool_calls'],
    ['top_logprobs', 21, 'top_logprobs'],
  ])('is refused by its name: the field %s', async (field, value, param) => {
    const world = await startWorld();
    const response = await world.post('/v1/responses', {
      model: 'claude-sonnet-4',
      input: 'hi',
      [field]: value,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
  });
});

it('a response has every field of the newest types, those without a value as null', async () => {
  const world = await startWorld();
  const response = await world.post('/v1/responses', {
    model: 'claude-sonnet-4',
    input: 'hi',
    max_tool_calls: 3,
  });
  expect(await response.json()).toMatchObject({
    background: false,
    conversation: null,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: 3,
    moderation: null,
    previous_response_id: null,
    prompt: null,
    prompt_cache_key: null,
    safety_identifier: null,
    user: null,
    metadata: {},
    truncation: 'disabled',
  });
});
