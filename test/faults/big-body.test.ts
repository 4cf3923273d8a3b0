import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startDaemonProcess } from '../daemon/own-process.js';
import { eventually } from '../eventually.js';
import { chat, parseStream, script } from '../front-door/world.js';
import { runProgram, urlIn } from '../program/run-program.js';

const MODEL = 'claude-sonnet-4';
const STREAMS = 512;
/**
 * At one token in 150 ms the 1,024 tones that may wait for the bridge are 300 ms: enough for the other tests that take turns on
 * the same cores. With a machine of its own, `PACE_MS=20` holds the bridge to 40 ms.
 */
const PACE_MS = Number(process.env['PACE_MS'] ?? 150);
const TOKENS = Math.ceil(4_500 / PACE_MS);
/** Not all at once: an answer begins with five tones, and 512 of those are too many for any reader. */
const BETWEEN_STREAMS_MS = 3;
const TEN_MB = 10_000_000;

const ALL_TOKENS = Array.from({ length: TOKENS }, (_, index) => `t${index} `).join('');
const PACED = JSON.stringify(chat(script({ n: TOKENS, ms: PACE_MS })));

/** Daemon, bridge and clients are three processes, so that none is held up by another's work. */
async function startWorld(): Promise<string> {
  const { socketPath } = await startDaemonProcess([MODEL]);
  const bridge = runProgram(['ollama-server', '--nest', 'hum', '--log-level', 'error'], {
    env: {
      HUM_THRUM_SOCK: socketPath,
      OLLAMA_SERVER_CONTEXT_LENGTH: '100000000',
      OLLAMA_SERVER_MAX_TURNS: String(STREAMS + 1),
      OLLAMA_SERVER_PROMPT_TIMEOUT_MS: '15000',
      // A stream whose finish was lost ends with an error instead of never.
      OLLAMA_SERVER_TURN_TIMEOUT_MS: '8000',
    },
  });
  const url = urlIn(await bridge.startLine());
  await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200));
  return url;
}

/** All that one paced stream brought; `onFirst` is called with its first byte. */
async function readStream(
  url: string,
  delayMs: number,
  onFirst: () => void,
): Promise<readonly Record<string, unknown>[]> {
  await setTimeout(delayMs);
  const answer = await fetch(`${url}/api/chat`, { method: 'POST', body: PACED });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    if (text === '') onFirst();
    text += decoder.decode(chunk, { stream: true });
  }
  return parseStream(text);
}

function textOf(lines: readonly Record<string, unknown>[]): string {
  return lines.map(({ message }) => (message as { content?: string } | undefined)?.content ?? '').join('');
}

test('a body of 10 MB beside 512 paced streams costs nobody a token, and gets its answer', async () => {
  const url = await startWorld();
  const history = Array.from({ length: 5_000 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: 'All work and no play makes Jack a dull boy. '.repeat(TEN_MB / 5_000 / 44),
  }));
  const big = Buffer.from(
    JSON.stringify({
      model: MODEL,
      stream: false,
      messages: [...history, { role: 'user', content: script({ say: ['read it all'] }) }],
    }),
  );
  expect(big.length).toBeGreaterThan(TEN_MB);

  let begun = 0;
  let ended = 0;
  let resolveBegun: () => void = () => undefined;
  const allBegun = new Promise<void>((resolve) => {
    resolveBegun = resolve;
  });
  const streams = Array.from({ length: STREAMS }, (_, index) =>
    readStream(url, index * BETWEEN_STREAMS_MS, () => {
      begun++;
      if (begun === STREAMS) resolveBegun();
    }).finally(() => {
      ended++;
    }),
  );
  await allBegun;
  const endedBefore = ended;
  const answer = await fetch(`${url}/api/chat`, { method: 'POST', body: big });
  expect(await answer.json()).toMatchObject({ message: { content: 'read it all' }, done: true });
  const answers = (await Promise.allSettled(streams)).map((stream) =>
    stream.status === 'fulfilled' ? stream.value : [],
  );

  expect(endedBefore).toBeLessThan(STREAMS);
  for (const lines of answers) {
    expect(textOf(lines)).toBe(ALL_TOKENS);
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'stop' });
  }
});
