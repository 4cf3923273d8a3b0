/** The embedded daemon and its echo, asked for more than anybody can read at once: nothing is dropped, and others are answered. */
import { expect, onTestFinished, test } from 'vitest';
import { startEmbedded } from '../../src/daemon/embedded.js';
import { chat, script } from '../front-door/world.js';
import { startTestBridge } from '../running-bridge.js';
import { watchLoop } from '../watch-loop.js';

async function start(): Promise<string> {
  const embedded = await startEmbedded({ models: ['claude-sonnet-4'] });
  onTestFinished(() => embedded.close());
  const bridge = await startTestBridge({ place: embedded });
  return bridge.url;
}

const post = (url: string, body: object) =>
  fetch(`${url}/api/chat`, { method: 'POST', body: JSON.stringify(body) });

/** How many of the tokens `t0 t1 …` have come, in order and without a gap. */
function countTokens(text: string): number {
  const tokens = text.split(' ').filter((word) => word !== '');
  expect(tokens).toEqual(tokens.map((_, at) => `t${at}${tokens[at]?.slice(`t${at}`.length)}`));
  return tokens.length;
}

async function contentOf(answer: Response): Promise<string> {
  const { message, error } = Object(await answer.json());
  expect(error).toBeUndefined();
  return message.content;
}

test('a flood of tokens reaches its client whole, and others are answered meanwhile', async () => {
  const url = await start();
  let isOver = false;
  const flooding = Promise.all(
    Array.from({ length: 8 }, () => post(url, chat(script({ n: 20_000 }), { stream: false }))),
  ).finally(() => {
    isOver = true;
  });
  let answered = 0;
  const { result, longestMs } = await watchLoop(async () => {
    while (!isOver) {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      answered++;
    }
    return flooding;
  });
  for (const answer of result) expect(countTokens(await contentOf(answer))).toBe(20_000);
  // One round of the loop has a bounded part of it.
  expect(answered).toBeGreaterThan(20);
  expect(longestMs).toBeLessThan(1_000);
}, 60_000);

test('large pieces wait for their reader, and none is dropped', async () => {
  const url = await start();
  const answer = await post(url, chat(script({ n: 3_000, pad: 4_000 }), { stream: false }));
  expect(countTokens(await contentOf(answer))).toBe(3_000);
}, 60_000);

test('a long text is echoed word by word as it came', async () => {
  const url = await start();
  const text = Array.from({ length: 30_000 }, (_, at) => `w${at}`).join(' ');
  expect(await contentOf(await post(url, chat(text, { stream: false })))).toBe(text);
  expect(await contentOf(await post(url, chat('  a \n b  ', { stream: false })))).toBe('  a \n b  ');
}, 60_000);

test('thoughts without end are given as they are read', async () => {
  const url = await start();
  const reason = Array.from({ length: 10_000 }, (_, at) => `r${at} `);
  const answer = await post(url, chat(script({ reason, say: ['done'] }), { stream: false, think: true }));
  const { message } = Object(await answer.json());
  expect([message.content, message.thinking.length]).toEqual(['done', reason.join('').length]);
}, 60_000);
