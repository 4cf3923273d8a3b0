/** What is large goes to a thread once, and what comes of it there is all that goes out. */
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ThreadPool } from '../../../src/threads/thread-pool.js';
import { startWorld } from '../../front-door/world.js';

const MIB = 2 ** 20;
const model = 'claude-sonnet-4';
const PIXELS = 'iVBORw0KGgoAAAANSUhEUgAA'.repeat(MIB / 16);
const WORDS = 'say "é" </turn> \\ud83d '.repeat(MIB / 64);
const TOOL = { name: 'f', description: 'does it', schema: { type: 'object', properties: {} } };
const url = `data:image/png;base64,${PIXELS}`;

/** Two turns before the last, which is an image and a text. */
const ROUTES = [
  {
    path: '/v1/chat/completions',
    body: {
      messages: [
        { role: 'user', content: WORDS },
        { role: 'assistant', content: 'so it is' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url } },
            { type: 'text', text: 'hi' },
          ],
        },
      ],
      tools: [
        {
          type: 'function',
          function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema },
        },
      ],
    },
  },
  {
    path: '/v1/responses',
    body: {
      input: [
        { role: 'user', content: WORDS },
        { role: 'assistant', content: 'so it is' },
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: url },
            { type: 'input_text', text: 'hi' },
          ],
        },
      ],
      tools: [{ type: 'function', name: TOOL.name, description: TOOL.description, parameters: TOOL.schema }],
    },
  },
  {
    path: '/v1/messages',
    body: {
      max_tokens: 10,
      messages: [
        { role: 'user', content: WORDS },
        { role: 'assistant', content: 'so it is' },
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXELS } },
            { type: 'text', text: 'hi' },
          ],
        },
      ],
      tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }],
    },
  },
  {
    path: '/api/chat',
    body: {
      messages: [
        { role: 'user', content: WORDS },
        { role: 'assistant', content: 'so it is' },
        { role: 'user', content: 'hi', images: [PIXELS] },
      ],
      tools: [
        {
          type: 'function',
          function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema },
        },
      ],
    },
  },
] as const;

/** What stands before the last message, with the markup that it holds made harmless. */
const TRANSCRIPT = [
  'The conversation so far. Reply to its last message as the assistant.',
  '',
  '<turn role="user">',
  WORDS.replaceAll('</turn>', '<\\/turn>'),
  '</turn>',
  '<turn role="assistant">',
  'so it is',
  '</turn>',
  '',
  '<turn-image number="1"/>',
  'hi',
].join('\n');

test.each(ROUTES)('$path: a large body goes to a thread once, and its prompt is whole', async (route) => {
  const { post, sentOf } = await startWorld({ config: { maxTurns: 4 } });
  const run = vi.spyOn(ThreadPool.prototype, 'run');
  onTestFinished(() => void run.mockRestore());
  const answer = await post(route.path, { model, stream: false, ...route.body });
  expect([answer.status, run.mock.calls.length]).toEqual([200, 1]);
  const [prompt] = sentOf('prompt');
  // Not by `toEqual`, which takes long for so much text.
  expect(prompt?.['content'] === TRANSCRIPT).toBe(true);
  expect(prompt?.['text'] === TRANSCRIPT).toBe(true);
  const [attachment] = Array.isArray(prompt?.['attachments']) ? prompt['attachments'] : [];
  expect([attachment.kind, attachment.mediaType, attachment.data === PIXELS]).toEqual([
    'image',
    'image/png',
    true,
  ]);
});

test('a compressed body goes to a thread once, however small it is', async () => {
  const { url: address, sentOf } = await startWorld();
  const run = vi.spyOn(ThreadPool.prototype, 'run');
  onTestFinished(() => void run.mockRestore());
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] });
  const answer = await fetch(`${address}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-encoding': 'gzip' },
    body: new Uint8Array(gzipSync(body)),
  });
  expect([answer.status, run.mock.calls.length]).toEqual([200, 1]);
  expect(sentOf('prompt')).toMatchObject([{ content: 'hi' }]);
});
