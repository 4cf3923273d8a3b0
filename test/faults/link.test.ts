import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { withFrozenTimers } from '../frozen-timers.js';
import { chat, parseStream, script, startWorld } from '../front-door/world.js';
import { readableLog } from '../log-lines.js';
import { startTestBridge } from '../running-bridge.js';
import { ask, errorOf, verdictOf } from './ask.js';
import { startHumd } from './humd.js';
import { temporaryPlace } from './place.js';
import { startProxy } from './proxy.js';
import { breath, startRawHumd } from './raw-humd.js';

/** How often a humd that is no good may be dialled in half a second of requests: three times, then the breaker is open. */
const FEW_DIALS = 6;

describe('a humd that is', () => {
  it('absent: 503 with Retry-After in the words of each surface, after readyTimeoutMs', async () => {
    const bridge = await startTestBridge(
      { place: temporaryPlace(), env: { OLLAMA_SERVER_READY_TIMEOUT_MS: '100' } },
      false,
    );
    for (const path of ['/api/chat', '/v1/chat/completions', '/v1/messages']) {
      for (const stream of [true, false]) {
        const response = await ask(bridge.url, 'hi', { path, stream, max_tokens: 9 });
        expect([path, ...verdictOf(response)]).toEqual([path, 503, '1', null]);
        expect(errorOf(await response.json())).toContain('humd does not answer at');
      }
    }
    expect((await fetch(`${bridge.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${bridge.url}/healthz`)).status).toBe(200);
  });

  it('absent for long is dialled again and again while a request waits, so that one that comes up in time answers it', async () => {
    const place = temporaryPlace();
    const { log, saying } = readableLog('debug');
    const bridge = await startTestBridge({ place, log }, false);
    await eventually(() => expect(bridge.nest.sockets()[0]?.state).toBe('open'));
    const dialsBefore = saying('humd does not answer').length;
    const answer = ask(bridge.url, 'hello again');
    // By itself it would be dialled once in that time, or twice.
    await eventually(
      () => expect(saying('humd does not answer').length).toBeGreaterThan(dialsBefore + 3),
      700,
    );
    await startHumd({ place });
    expect(await (await answer).json()).toMatchObject({ message: { content: 'hello again' } });
  });

  it('restarting: a request that waits is answered as soon as it is back', async () => {
    const world = await startWorld();
    await world.stopDaemon();
    await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
    const answer = world.post('/api/chat', chat('hello again', { stream: false }));
    await world.startDaemon();
    expect(await (await answer).json()).toMatchObject({ message: { content: 'hello again' } });
  });

  it('restarting in mid-stream: each turn ends with one in-band error and no done line, and no prompt is sent again', async () => {
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
    expect(verdictOf(wholeAnswer)).toEqual([502, null, 'false']);
    await world.startDaemon();
    await eventually(() => expect(world.bridge.nest.link()).toBe('up'));
    expect(world.sentOf('prompt')).toHaveLength(3);
    const again = await world.post('/api/chat', chat('still here', { stream: false }));
    expect(await again.json()).toMatchObject({ message: { content: 'still here' } });
  });

  it('flapping: it is greeted a few times, then left alone for a while', async () => {
    const humd = await startHumd();
    const bridge = await startTestBridge({ place: humd.place });
    const flap = setInterval(() => humd.daemon().disconnectAll(), 5);
    await eventually(() => expect(bridge.nest.sockets()[0]?.state).toBe('open'));
    expect(humd.sentOf('hello').length).toBeLessThan(FEW_DIALS);
    clearInterval(flap);
    expect(await (await ask(bridge.url, 'at last')).json()).toMatchObject({
      message: { content: 'at last' },
    });
  });

  it('half-open: a prompt that it never hears ends in 502, and the link is given up for a new one', async () => {
    const humd = await startHumd();
    const place = { ...humd.place, socketPath: temporaryPlace().socketPath };
    const proxy = await startProxy(place.socketPath, humd.place.socketPath);
    const bridge = await startTestBridge({ place, env: { OLLAMA_SERVER_PROMPT_TIMEOUT_MS: '100' } });
    proxy.freeze();
    const lost = await ask(bridge.url, 'hello?');
    expect(verdictOf(lost)).toEqual([502, null, 'false']);
    await eventually(() => expect(proxy.dials).toBe(2));
    expect(await (await ask(bridge.url, 'hello!')).json()).toMatchObject({ message: { content: 'hello!' } });
  });

  it('mute: it is given the hello and nothing else, and requests hear what is wrong', async () => {
    const place = temporaryPlace();
    const mute = await startRawHumd(place.socketPath, () => undefined);
    const bridge = await startTestBridge({ place, env: { OLLAMA_SERVER_READY_TIMEOUT_MS: '200' } }, false);
    expect(verdictOf(await ask(bridge.url, 'hi'))).toEqual([503, '1', null]);
    expect(
      mute.received
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).chi),
    ).toEqual(['hello']);
  });

  it('slow to accept: one dial is enough, and a request that waits is answered', async () => {
    const humd = await startHumd();
    const place = { ...humd.place, socketPath: temporaryPlace().socketPath };
    const proxy = await startProxy(place.socketPath, humd.place.socketPath, 300);
    const bridge = await startTestBridge({ place }, false);
    expect(await (await ask(bridge.url, 'no hurry')).json()).toMatchObject({
      message: { content: 'no hurry' },
    });
    expect(proxy.dials).toBe(1);
  });

  it('closing right after accept: it is not dialled without end, and requests hear what is wrong', async () => {
    const place = temporaryPlace();
    const raw = await startRawHumd(place.socketPath, (socket) => socket.destroy());
    const bridge = await startTestBridge({ place, env: { OLLAMA_SERVER_READY_TIMEOUT_MS: '500' } }, false);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(bridge.url, 'hi')));
    for (const answer of answers) {
      expect(verdictOf(answer)).toEqual([503, '1', null]);
      expect(errorOf(await answer.json())).toContain('closes each connection at once');
    }
    expect(raw.dials).toBeLessThan(FEW_DIALS);
  });

  it('refusing the protocol version: one line in the log, few dials, and requests hear what is wrong', async () => {
    const place = temporaryPlace();
    const { log, lines, saying } = readableLog();
    const raw = await startRawHumd(place.socketPath, (socket) => {
      socket.write(breath('1.0.0'));
      socket.once('data', () => socket.end());
    });
    const env = { OLLAMA_SERVER_READY_TIMEOUT_MS: '500' };
    const bridge = await startTestBridge({ place, env, log }, false);
    await eventually(() => expect(bridge.nest.sockets()[0]?.state).toBe('open'));
    const answer = await ask(bridge.url, 'hi');
    expect(answer.status).toBe(503);
    const words = 'closed the connection after the hello: does it speak thrum 0.x? It says 1.0.0.';
    expect(errorOf(await answer.json())).toContain(words);
    expect(raw.dials).toBeLessThan(FEW_DIALS);
    expect(saying(words)).toHaveLength(1);
    // And one of the turn that failed by it.
    expect(lines.filter(({ level }) => level >= 40).map(({ level }) => level)).toEqual([50, 40]);
  });
});

describe('a request that cannot be helped before its time is up', () => {
  it('is not kept waiting: it hears at once when the next dial will be', async () => {
    const place = temporaryPlace();
    const raw = await startRawHumd(place.socketPath, (socket) => socket.destroy());
    const bridge = await startTestBridge({ place, env: { OLLAMA_SERVER_READY_TIMEOUT_MS: '400' } }, false);
    // The pause after the fifth dial is 800 ms at least.
    await eventually(() => expect(raw.dials).toBe(5));
    // A wait for readyTimeoutMs would never end.
    const answer = await withFrozenTimers(() => ask(bridge.url, 'hi'));
    expect(answer.status).toBe(503);
    expect(['1', '2']).toContain(answer.headers.get('retry-after'));
    expect(raw.dials).toBe(5);
  });
});
