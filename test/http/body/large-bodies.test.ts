import { expect, test } from 'vitest';
import { startWorld } from '../../front-door/world.js';

const MIB = 2 ** 20;
const model = 'claude-sonnet-4';
const user = [{ role: 'user', content: 'hi' }];
const image = (data: string) => [
  { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }] },
];
const source = (data: string) => ({ type: 'base64', media_type: 'image/png', data });

/** Each route, and a body that is wrong in a way which is found by its reader. */
const wrong = [
  ['/api/chat', { model, messages: [{ role: 7 }] }],
  ['/api/chat', { model, messages: [{ role: 'user', images: ['=AAA'] }] }],
  ['/api/generate', { model, prompt: 7 }],
  ['/api/embed', { model: 7, input: 'a' }],
  ['/api/embeddings', { model, prompt: [] }],
  ['/api/show', { model: 7 }],
  ['/v1/chat/completions', { model, messages: [{ role: 'king' }] }],
  ['/v1/chat/completions', { model, messages: image('AAA-') }],
  ['/v1/completions', { model, prompt: [1, 2] }],
  ['/v1/embeddings', { model, input: 7 }],
  ['/v1/responses', { model, input: 7 }],
  ['/v1/responses', { model, input: [{ role: 'user', content: [{ type: 'input_file' }] }] }],
  ['/v1/responses/input_tokens', { model, input: 7 }],
  ['/v1/messages', { model, max_tokens: 1, messages: [{ role: 'king', content: 'hi' }] }],
  [
    '/v1/messages',
    { model, max_tokens: 1, messages: [{ role: 'user', content: [{ type: 'image', source: source('A') }] }] },
  ],
  ['/v1/messages/count_tokens', { model, messages: [{ role: 'user', content: 7 }] }],
] as const;

test.each(wrong)('%s: a large body is refused in the words for a small one (%#)', async (path, body) => {
  const { post } = await startWorld();
  const small = await post(path, body);
  const large = await post(path, { ...body, padding: 'x'.repeat(2 * MIB) });
  expect(small.status).toBe(400);
  expect(large.status).toBe(400);
  const withoutId = (text: string) => text.replace(/req_[\w-]+/, '');
  expect(withoutId(await large.text())).toBe(withoutId(await small.text()));
});

test.each([
  ['/api/chat', { messages: user, stream: false }],
  ['/api/generate', { prompt: 'hi', stream: false }],
  ['/v1/chat/completions', { messages: user }],
  ['/v1/completions', { prompt: 'hi' }],
  ['/v1/responses', { input: 'hi' }],
  ['/v1/responses/input_tokens', { input: 'hi' }],
  ['/v1/messages', { messages: user, max_tokens: 10 }],
  ['/v1/messages/count_tokens', { messages: user }],
])('%s: a large body is answered as a small one is', async (path, body) => {
  const { post, sentOf } = await startWorld();
  const small = await post(path, { model, ...body });
  const large = await post(path, { model, ...body, padding: 'x'.repeat(2 * MIB) });
  const keys = async (answer: Response) => [answer.status, Object.keys(Object(await answer.json()))];
  expect(await keys(large)).toEqual(await keys(small));
  const [one, other] = sentOf('prompt');
  const { rid: _, sid: __, ...said } = one ?? {};
  expect(other ?? {}).toMatchObject(said);
});
