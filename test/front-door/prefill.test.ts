/** A last message of the assistant is the beginning of the answer. */
import { expect, test } from 'vitest';
import { startClaudeWorld } from '../claude-bee/world.js';
import { startScriptedWorker } from './scripted-worker.js';
import { startWorld } from './world.js';

const messages = [
  { role: 'user', content: 'Name a colour, in JSON.' },
  { role: 'assistant', content: '{"colour": "' },
];
const PATHS = ['/api/chat', '/v1/chat/completions', '/v1/messages', '/v1/responses'];

test.each(PATHS)('%s: a worker that takes a text is asked to go on exactly there', async (path) => {
  const { post, bee } = await startClaudeWorld();
  const body = { model: 'claude-haiku-4-5', max_tokens: 5_000, stream: false, messages, input: messages };
  expect((await post(path, body)).status).toBe(200);
  const prompt = String(bee.prompts[0]?.['content']);
  expect(prompt).toMatch(/<turn role="assistant">\n\{"colour": "\n<\/turn>\n\n.*go on exactly where it ends/);
});

test.each(PATHS)('%s: a worker that takes messages gets it as the last of them', async (path) => {
  const world = await startWorld();
  const worker = await startScriptedWorker(world, 'stateless_per_call', ['accepts:messages']);
  const body = { model: 'scripted', max_tokens: 5_000, stream: false, messages, input: messages };
  const answer = world.post(path, body);
  const turn = await worker.turn(0);
  expect(turn.prompt['messages']).toMatchObject(messages);
  turn.text('red"}');
  turn.finish();
  expect((await answer).status).toBe(200);
});
