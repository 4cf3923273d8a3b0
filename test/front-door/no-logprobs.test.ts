/** Probabilities of tokens, which no worker gives, are refused where their absence would mislead, and choices in words that are true. */
import { expect, test } from 'vitest';
import { at } from './ask-surfaces.js';
import { startWorld } from './world.js';

const model = 'claude-sonnet-4';
const messages = [{ role: 'user', content: 'hi' }];

test.each([
  ['/v1/chat/completions', { messages, logprobs: true, top_logprobs: 2 }, 'logprobs'],
  ['/v1/chat/completions', { messages, top_logprobs: 2 }, 'top_logprobs'],
  ['/v1/completions', { prompt: 'hi', logprobs: 5 }, 'logprobs'],
  ['/v1/responses', { input: 'hi', top_logprobs: 2 }, 'top_logprobs'],
  ['/v1/responses', { input: 'hi', include: ['message.output_text.logprobs'] }, 'include'],
  ['/v1/responses', { input: 'hi', include: ['message.output_text.logprobs'], stream: true }, 'include'],
])('%s: %j is a 400 that says so', async (path, body, param) => {
  const { post, sent } = await startWorld();
  const answer = await post(path, { model, ...body });
  expect(answer.status).toBe(400);
  const json: unknown = await answer.json();
  expect(at(json, 'error')).toMatchObject({
    param,
    message: expect.stringContaining('gives probabilities'),
  });
  expect(sent).toEqual([]);
});

test.each([
  ['/v1/chat/completions', { messages, logprobs: false }],
  ['/v1/completions', { prompt: 'hi', logprobs: 0 }],
  ['/v1/responses', { input: 'hi', top_logprobs: 0, include: ['reasoning.encrypted_content'] }],
  ['/api/chat', { messages, stream: false, logprobs: true, top_logprobs: 2 }],
  ['/api/generate', { prompt: 'hi', stream: false, logprobs: true }],
])('%s: %j is answered', async (path, body) => {
  const { post } = await startWorld();
  expect((await post(path, { model, ...body })).status).toBe(200);
});

test('/v1/responses: a choice where only hosted tools are given is refused in words that are true', async () => {
  const { post } = await startWorld();
  const answer = await post('/v1/responses', {
    model,
    input: 'hi',
    tools: [{ type: 'web_search' }],
    tool_choice: 'required',
  });
  expect(answer.status).toBe(400);
  expect(at(await answer.json(), 'error', 'message')).toContain('no hosted tool is run');
});
