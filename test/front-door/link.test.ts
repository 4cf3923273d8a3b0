import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEchoWorker } from '../../src/daemon/echo-worker.js';
import { eventually } from '../eventually.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';
import { chat, parseStream, script, startWorld } from './world.js';

const errorOf = (body: unknown) => String(Object(Object(body)['error'])['message'] ?? Object(body)['error']);

describe('the link to humd', () => {
  it('that is down gives 503 with Retry-After in the words of each surface, after readyTimeoutMs', async () => {
    const folder = temporaryFolder();
    const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
    const bridge = await startTestBridge({ place, env: { OLLAMA_SERVER_READY_TIMEOUT_MS: '100' } }, false);
    for (const path of ['/api/chat', '/v1/chat/completions']) {
      for (const stream of [true, false]) {
        const body = JSON.stringify(chat('hi', { stream }));
        const response = await fetch(bridge.url + path, { method: 'POST', body });
        expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
        expect(errorOf(await response.json())).toContain('humd does not answer at');
      }
    }
    expect((await fetch(`${bridge.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${bridge.url}/healthz`)).status).toBe(200);
  });

  it('is dialled at once when a request waits, so that a humd that comes up in time answers it', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_READY_TIMEOUT_MS: '5000' } });
    await world.stopDaemon();
    await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
    const answer = world.post('/api/chat', chat('hello again', { stream: false }));
    await world.startDaemon();
    expect(await (await answer).json()).toMatchObject({ message: { content: 'hello again' } });
  });

  it('that breaks in mid-stream ends each turn with one in-band error and no done line, and no prompt is sent again', async () => {
    const world = await startWorld();
    const say = script({ n: 100_000, ms: 5 });
    const ollama = await world.post('/api/chat', chat(say));
    const openai = await world.post('/v1/chat/completions', chat(say, { stream: true }));
    const whole = world.post('/api/chat', chat(say, { stream: false }));
    await eventually(() => expect(world.daemon().openSids()).toHaveLength(3));
    await world.stopDaemon();
    const [ollamaBody, openaiBody, wholeAnswer] = [await ollama.text(), await openai.text(), await whole];
    expect(parseStream(ollamaBody).at(-1)).toEqual({ error: expect.stringContaining('link to humd broke') });
    expect(ollamaBody).not.toContain('"done":true');
    expect(parseStream(openaiBody).at(-1)).toMatchObject({
      error: { type: 'server_error', code: 'upstream_error' },
    });
    expect(openaiBody).not.toContain('[DONE]');
    expect(openaiBody).not.toContain('"finish_reason":"');
    expect(wholeAnswer.status).toBe(502);
    expect(wholeAnswer.headers.get('x-should-retry')).toBe('false');
    await world.startDaemon();
    await eventually(() => expect(world.bridge.nest.link()).toBe('up'));
    expect(world.sentOf('prompt')).toHaveLength(3);
    const again = await world.post('/api/chat', chat('still here', { stream: false }));
    expect(await again.json()).toMatchObject({ message: { content: 'still here' } });
  });

  it('says hello first and alone, with the port that is really bound, and again after each reconnect', async () => {
    const hellos: unknown[] = [];
    const world = await startWorld({
      daemon: {
        onTone: (direction, tone, client) => {
          if (direction === 'in' && tone.chi === 'hello' && client.manifest?.bee.includes('worker') !== true)
            hellos.push(tone);
        },
      },
    });
    world.daemon().disconnectAll();
    await eventually(() =>
      expect(hellos.filter((hello) => Object(hello)['hive'] === 'ollama-server')).toHaveLength(2),
    );
    const port = Number(new URL(world.url).port);
    for (const hello of hellos.filter((tone) => Object(tone)['hive'] === 'ollama-server')) {
      expect(hello).toMatchObject({
        bee: ['forager'],
        protoVersion: '0.7.0',
        bind: { host: '127.0.0.1', port, scheme: 'http' },
      });
    }
  });

  it('that never echoes the hello is given nothing else', async () => {
    const folder = temporaryFolder();
    const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
    let received = '';
    const mute = createServer((socket) => {
      socket.on('data', (chunk) => {
        received += chunk;
      });
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => mute.listen(place.socketPath, resolve));
    onTestFinished(() => void mute.close());
    const bridge = await startTestBridge({ place, env: { OLLAMA_SERVER_READY_TIMEOUT_MS: '200' } }, false);
    const response = await fetch(`${bridge.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify(chat('hi')),
    });
    expect(response.status).toBe(503);
    expect(
      received
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).chi),
    ).toEqual(['hello']);
  });

  it('that swallows a prompt costs that turn a 502 and a cancel, and no other', async () => {
    const world = await startWorld({
      env: { OLLAMA_SERVER_PROMPT_TIMEOUT_MS: '200' },
      daemon: {
        filter: (tone, direction) =>
          direction === 'in' && tone.chi === 'prompt' && String(tone['content']).includes('swallow')
            ? undefined
            : tone,
      },
    });
    const [lost, fine] = await Promise.all([
      world.post('/api/chat', chat('swallow me')),
      world.post('/api/chat', chat('not me', { stream: false })),
    ]);
    expect(lost.status).toBe(502);
    expect(errorOf(await lost.json())).toContain('never answered');
    expect(await fine.json()).toMatchObject({ message: { content: 'not me' } });
  });

  it('on which a worker falls silent ends that turn with a cancel and a 504 after turnTimeoutMs', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_TURN_TIMEOUT_MS: '300' } });
    for (const path of ['/api/chat', '/v1/chat/completions']) {
      const response = await world.post(path, chat(script({ hang: true }), { stream: true }));
      expect([path, response.status]).toEqual([path, 504]);
      expect(errorOf(await response.json())).toContain('no sign of life');
    }
    expect(world.sentOf('cancel')).toHaveLength(2);
    const late = await world.post('/api/chat', chat(script({ say: ['a'], die: true }), { stream: true }));
    expect(parseStream(await late.text()).at(-1)).toEqual({
      error: expect.stringContaining('no sign of life'),
    });
  });

  it('brings tones of nobody and lines of nonsense, which are passed over', async () => {
    const world = await startWorld();
    const answer = world.post('/api/chat', chat(script({ n: 20, ms: 10 })));
    await eventually(() => expect(world.daemon().openSids()).toHaveLength(1));
    world
      .daemon()
      .sendRaw(
        'nonsense\nnull\n[]\n5\n{"chi":7}\n{"sid":"x"}\n{"chi":"chunk","sid":"x","chunkType":"text_delta","delta":"no"}\n{"chi":"finish"}\n',
      );
    world.daemon().sendRaw('{"chi":"never-heard-of","sid":5}\n');
    const text = parseStream(await (await answer).text())
      .map((line) => Object(line['message'])['content'])
      .join('');
    expect(text).toBe(Array.from({ length: 20 }, (_, n) => `t${n} `).join(''));
  });
});

describe('a worker that dies', () => {
  it('costs its turns a 502 or an in-band error within a second or so, and none of another worker', async () => {
    const world = await startWorld();
    const other = await startEchoWorker({
      socketPath: world.daemon().socketPath,
      models: ['other'],
      hive: 'other',
    });
    onTestFinished(() => other.close());
    await eventually(() => expect(world.bridge.nest.models().map(({ id }) => id)).toContain('other'));
    const whole = world.post('/api/chat', chat(script({ hang: true }), { stream: false }));
    const streamed = await world.post(
      '/v1/chat/completions',
      chat(script({ n: 1_000, ms: 10 }), { stream: true }),
    );
    const fine = world.post('/api/chat', chat(script({ n: 100, ms: 20 }), { model: 'other', stream: false }));
    await eventually(() => expect(world.daemon().openSids()).toHaveLength(3));
    const diedAt = performance.now();
    world.worker.kill();
    const answer = await whole;
    expect([answer.status, errorOf(await answer.json())]).toEqual([
      502,
      'the worker that was answering is gone',
    ]);
    expect(parseStream(await streamed.text()).at(-1)).toMatchObject({
      error: { message: 'the worker that was answering is gone' },
    });
    expect(performance.now() - diedAt).toBeLessThan(1_500);
    expect((await fine).status).toBe(200);
  });
});

describe('the headers of a stream', () => {
  it('wait for the first event, so that a refusal is a real status', async () => {
    const world = await startWorld();
    const error = { message: 'credit balance is too low', code: 'worker_error' };
    for (const path of ['/api/chat', '/api/generate', '/v1/chat/completions']) {
      const prompt = script({ error });
      const response = await world.post(path, { ...chat(prompt, { stream: true }), prompt });
      expect([path, response.status]).toEqual([path, 502]);
      expect(errorOf(await response.json())).toBe('credit balance is too low');
    }
  });

  it('go out after headerHoldMs at the latest, and an error is told in-band from then on', async () => {
    const world = await startWorld({
      env: { OLLAMA_SERVER_HEADER_HOLD_MS: '100', OLLAMA_SERVER_TURN_TIMEOUT_MS: '800' },
    });
    const response = await world.post('/v1/chat/completions', chat(script({ hang: true }), { stream: true }));
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/^data: \{"error":\{"message":"[^"]*no sign of life/);
  });
});
