/** A last message of the assistant is the beginning of the answer. */
import { expect, test } from 'vitest';
import { startClaudeWorld } from '../claude-bee/world.js';
import type { ChatAnswer } from '../upstream/fake-upstream.js';
import { startUpstreamWorld } from '../upstream/upstream-world.js';
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

type Body = Readonly<Record<string, unknown>>;
const FIELDS = { continue_final_message: true, add_generation_prompt: false };

/** Two requests with a prefill of a model whose server answers each body as `answer` does; what the server was asked. */
async function askTwice(
  path: string,
  answer: (chat: ChatAnswer, body: Body) => void,
): Promise<readonly Body[]> {
  const { upstream, post } = await startUpstreamWorld();
  upstream.onChat = (chat) => answer(chat, chat.request.body ?? {});
  const body = { model: 'llama3', max_tokens: 5_000, stream: false, messages, input: messages };
  for (const _ of [1, 2]) {
    const response = await post(path, body);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('red');
  }
  return upstream.chats.map((chat) => chat.body ?? {});
}

const refuse = (chat: ChatAnswer, message: string, status = 400) =>
  chat.refuse(status, { error: { message } });
const goOn = (chat: ChatAnswer) => chat.delta({ content: 'red"}' }).finish('stop');

test.each(PATHS)('%s: a server that has fields for it is told to go on', async (path) => {
  const asked = await askTwice(path, goOn);
  expect(asked).toMatchObject([
    { ...FIELDS, messages },
    { ...FIELDS, messages },
  ]);
});

test.each([
  [
    'that it does not know',
    'Unrecognized request arguments supplied: add_generation_prompt, continue_final_message',
    400,
  ],
  [
    'that its template fails at',
    'continue_final_message is set but the final message does not appear in the chat',
    500,
  ],
])('a server is asked in words after fields %s, and not twice', async (_, message, status) => {
  const asked = await askTwice('/v1/messages', (chat, body) =>
    'continue_final_message' in body ? refuse(chat, message, status) : goOn(chat),
  );
  const last = { role: 'user', content: expect.stringContaining('go on exactly where it ends') };
  expect(asked.map((body) => 'continue_final_message' in body)).toEqual([true, false, false]);
  expect(asked[1]).toMatchObject({ messages: [...messages, last] });
  expect(asked[2]).toMatchObject({ messages: [...messages, last] });
});

test('a server that wants the message marked gets the mark', async () => {
  const asked = await askTwice('/v1/chat/completions', (chat, body) =>
    JSON.stringify(body).includes('"prefix":true')
      ? goOn(chat)
      : refuse(
          chat,
          'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
        ),
  );
  expect(asked).toHaveLength(3);
  expect(asked[2]).toMatchObject({ messages: [messages[0], { ...messages[1], prefix: true }] });
  expect(asked[2]).not.toHaveProperty('continue_final_message');
});

test('a client that sees to it itself is not helped', async () => {
  const { upstream, post } = await startUpstreamWorld();
  const own = { add_generation_prompt: true };
  expect((await post('/v1/chat/completions', { model: 'llama3', messages, ...own })).status).toBe(200);
  expect(upstream.chats[0]?.body).toMatchObject(own);
  expect(upstream.chats[0]?.body).not.toHaveProperty('continue_final_message');
});
