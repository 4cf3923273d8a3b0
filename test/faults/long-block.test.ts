import { expect, test } from 'vitest';
import { startDaemonProcess } from '../daemon/own-process.js';
import { script } from '../front-door/world.js';
import { startTestBridge } from '../running-bridge.js';
import { watchLoop } from '../watch-loop.js';

const MODEL = 'claude-sonnet-4';
const ANSWER = script({ say: ['read it all'] });
const TEN_MB = 10_000_000;
/** On the event loop itself the same takes 100 to 230 ms, in threads 7 to 26; the test's client works in this thread, too. */
const MOST_MS = 60;

async function startBridge() {
  const place = await startDaemonProcess([MODEL]);
  return startTestBridge({
    place,
    env: { OLLAMA_SERVER_CONTEXT_LENGTH: '100000000', OLLAMA_SERVER_PROMPT_TIMEOUT_MS: '15000' },
  });
}

const filler = (length: number) => 'All work and no play makes Jack a dull boy. '.repeat(length / 44);
const manyMessages = [
  ...Array.from({ length: 9_000 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: filler(TEN_MB / 9_000),
  })),
  { role: 'user', content: ANSWER },
];
const oneMessage = [
  { role: 'user', content: filler(TEN_MB) },
  { role: 'assistant', content: 'Go on.' },
  { role: 'user', content: ANSWER },
];
const image = Buffer.alloc(15 * 2 ** 20, 'pixels').toString('base64');

test.each([
  ['many messages, Ollama', '/api/chat', { messages: manyMessages, stream: false }],
  ['many messages, OpenAI', '/v1/chat/completions', { messages: manyMessages }],
  ['many messages, Anthropic', '/v1/messages', { messages: manyMessages, max_tokens: 100 }],
  ['many items, Responses', '/v1/responses', { input: manyMessages, store: false }],
  ['one message, Ollama', '/api/chat', { messages: oneMessage, stream: false }],
  [
    'an image, OpenAI',
    '/v1/chat/completions',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: ANSWER },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
          ],
        },
      ],
    },
  ],
])('%s: nobody else waits for long', async (what, path, body) => {
  const bridge = await startBridge();
  const bytes = Buffer.from(JSON.stringify({ model: MODEL, ...body }));
  let shortest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && shortest >= MOST_MS; attempt++) {
    const { longestMs } = await watchLoop(async () => {
      const answer = await fetch(bridge.url + path, { method: 'POST', body: bytes });
      expect(await answer.text()).toContain('read it all');
    });
    shortest = Math.min(shortest, longestMs);
    if (process.env['SHOW_BLOCKS']) process.stderr.write(`${what} ${longestMs.toFixed(1)}\n`);
  }
  expect(shortest).toBeLessThan(MOST_MS);
});
