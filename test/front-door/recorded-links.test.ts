import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { startRecordedHumd } from '../recorded-humd.js';
import { startTestBridge } from '../running-bridge.js';

const names = readdirSync('test/fixtures/thrum')
  .map((file) => file.replace('.ndjson', ''))
  .filter((name) => name !== 'call-another-bees-tool' && name !== 'cancelled');

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

/** What the recorded prompt asked for, as a client of each route would ask. */
function bodyOf(route: string, stream: boolean, name: string): Record<string, unknown> {
  const content = `recorded: ${name}`;
  const model = name === 'unknown-model' ? 'claude-sonnet-4' : 'script-a';
  if (route === '/api/generate') return { model, prompt: content, stream };
  const tools = name.includes('tool') ? { tools: [weather] } : {};
  const messages = [{ role: 'user', content }];
  const usage = stream && route.startsWith('/v1') ? { stream_options: { include_usage: true } } : {};
  return { model, messages, stream, ...tools, ...usage };
}

/** Takes out what differs from run to run: times, durations, made-up ids. */
function normalise(text: string): string {
  const callIds = [...new Set(text.match(/call_[0-9a-f]{32}/g))];
  return callIds
    .reduce((rest, id, index) => rest.replaceAll(id, `call_ID${index + 1}`), text)
    .replace(/"created_at":"[^"]+"/g, '"created_at":"TIME"')
    .replace(/"created":\d+/g, '"created":0')
    .replace(/_duration":[1-9]\d*/g, '_duration":1')
    .replace(/chatcmpl-[A-Za-z0-9]{24,}/g, 'chatcmpl-ID');
}

async function answerOf(url: string, route: string, stream: boolean, name: string): Promise<string> {
  const response = await fetch(url + route, {
    method: 'POST',
    body: JSON.stringify(bodyOf(route, stream, name)),
  });
  const head = `${response.status} ${response.headers.get('content-type')}`;
  return normalise(`${head}\n${await response.text()}`);
}

describe('the recorded links of a real humd, through every chat route', () => {
  it.each(names)('%s', async (name) => {
    const seen: string[] = [];
    for (const route of ['/api/chat', '/api/generate', '/v1/chat/completions']) {
      if (route === '/api/generate' && name.includes('tool')) continue;
      for (const stream of [true, false]) {
        const humd = await startRecordedHumd(name);
        // What nobody serves is not asked for where the roster says so: here humd is to say it.
        const place = name === 'unknown-model' ? { ...humd, beesPath: '/nowhere/bees.json' } : humd;
        const bridge = await startTestBridge({ place });
        const answer = await answerOf(bridge.url, route, stream, name);
        await bridge.close();
        await eventually(() => expect(humd.received.length).toBeGreaterThanOrEqual(3));
        const sent = humd.received
          .slice(0, 3)
          .map((tone) => tone.chi)
          .join(' ');
        seen.push(`=== ${route} stream:${stream}\n${answer}\n--- sent: ${sent}\n`);
      }
    }
    await expect(seen.join('\n')).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

describe('the recorded link of a turn that its client left', () => {
  it.each(['/api/chat', '/api/generate', '/v1/chat/completions'])('%s', async (route) => {
    const humd = await startRecordedHumd('cancelled');
    const bridge = await startTestBridge({ place: humd });
    const controller = new AbortController();
    const body = JSON.stringify(bodyOf(route, true, 'cancelled'));
    const response = await fetch(bridge.url + route, { method: 'POST', body, signal: controller.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    while (!seen.includes('t5 ')) seen += (await reader?.read())?.value ?? expect.fail('the stream ended');
    controller.abort();
    await eventually(() =>
      expect(humd.received.map((tone) => tone.chi)).toEqual(['hello', 'prompt', 'cancel', 'cleanup']),
    );
    for (let n = 0; n <= 5; n++) expect(seen).toContain(`"t${n} "`);
    expect(seen).not.toMatch(/"done":true|"finish_reason":"|error/);
  });
});

describe('a link that is cut at every byte', () => {
  it.each(['plain-text', 'reasoning-then-text', 'part-dialect'])(
    'gives the same answer: %s',
    async (name) => {
      const whole = readFileSync(`test/front-door/golden/${name}.txt`, 'utf8');
      for (const [route, stream] of [
        ['/api/chat', true],
        ['/v1/chat/completions', true],
      ] as const) {
        const humd = await startRecordedHumd(name, (bytes) => [...bytes].map((byte) => Buffer.of(byte)));
        const bridge = await startTestBridge({ place: humd });
        const expected = whole.split(`=== ${route} stream:${stream}\n`)[1]?.split('\n--- sent:')[0];
        expect(await answerOf(bridge.url, route, stream, name)).toBe(expected);
      }
    },
  );
});
