import { describe, expect, it } from 'vitest';
import type { Bridge } from '../../src/run/bridge.js';
import { eventually } from '../eventually.js';
import { readableLog } from '../log-lines.js';
import { startTestBridge } from '../running-bridge.js';
import { ask, errorOf, verdictOf } from './ask.js';
import { type Humd, startHumd } from './humd.js';
import { temporaryPlace } from './place.js';
import { breath, startRawHumd } from './raw-humd.js';

async function startPair(): Promise<{
  readonly first: Humd;
  readonly second: Humd;
  readonly bridge: Bridge;
}> {
  const [first, second] = [await startHumd(), await startHumd({ models: ['claude-sonnet-4', 'second'] })];
  const bridge = await startTestBridge({ place: first.place, places: [second.place] });
  return { first, second, bridge };
}

const statesOf = (bridge: Bridge) => bridge.nest.sockets().map(({ state }) => state);
const modelsOf = (bridge: Bridge) => bridge.nest.models().map(({ id }) => id);
const verbose = async (bridge: Bridge) => {
  const response = await fetch(`${bridge.url}/readyz?verbose`);
  return [response.status, await response.text()];
};

describe('several humds', () => {
  it('are tried in their order, and the first one that answers is kept', async () => {
    const { first, second, bridge } = await startPair();
    expect(await (await ask(bridge.url, 'hi')).json()).toMatchObject({ message: { content: 'hi' } });
    expect([first.sentOf('prompt').length, second.sentOf('hello').length]).toEqual([1, 0]);
    expect(statesOf(bridge)).toEqual(['up', 'closed']);
    expect(await verbose(bridge)).toEqual([
      200,
      '[+]nest hum\n[+]humd 1 up\n[+]humd 2 closed\nreadyz check passed\n',
    ]);
    expect(await (await fetch(`${bridge.url}/readyz`)).text()).toBe('ok');
  });

  it('fail over: the next one answers, with its own roster, and is kept when the first one is back', async () => {
    const { first, second, bridge } = await startPair();
    await eventually(() => expect(modelsOf(bridge)).not.toContain('second'));
    await first.stop();
    await eventually(() => expect(statesOf(bridge)[0]).not.toBe('up'));
    expect(await (await ask(bridge.url, 'over')).json()).toMatchObject({ message: { content: 'over' } });
    expect(second.sentOf('prompt')).toHaveLength(1);
    expect(modelsOf(bridge)).toContain('second');
    await first.start();
    await bridge.nest.checkSockets();
    expect(await (await ask(bridge.url, 'stay')).json()).toMatchObject({ message: { content: 'stay' } });
    expect([first.sentOf('prompt').length, second.sentOf('prompt').length]).toEqual([0, 2]);
    expect(bridge.nest.openSids).toBe(0);
  });

  it('leave nothing to be sent twice: a turn that runs when the link breaks ends in 502', async () => {
    const { first, second, bridge } = await startPair();
    const answer = ask(bridge.url, '@script {"hang":true}');
    await eventually(() => expect(first.daemon().openSids()).toHaveLength(1));
    await first.stop();
    expect(verdictOf(await answer)).toEqual([502, null, 'false']);
    await eventually(() => expect(statesOf(bridge)[1]).toBe('up'));
    expect(second.sentOf('prompt')).toEqual([]);
  });

  it('get past a mute one while the request waits', async () => {
    const place = temporaryPlace();
    await startRawHumd(place.socketPath, () => undefined);
    const second = await startHumd();
    const env = { OLLAMA_SERVER_READY_TIMEOUT_MS: '2000' };
    const bridge = await startTestBridge({ place, places: [second.place], env }, false);
    expect(await (await ask(bridge.url, 'hi')).json()).toMatchObject({ message: { content: 'hi' } });
  });

  it('that are all away give one 503 which names each', async () => {
    const places = [temporaryPlace(), temporaryPlace()] as const;
    const env = { OLLAMA_SERVER_READY_TIMEOUT_MS: '100' };
    const bridge = await startTestBridge({ place: places[0], places: [places[1]], env }, false);
    const answer = await ask(bridge.url, 'hi');
    expect(verdictOf(answer)).toEqual([503, '1', null]);
    const message = errorOf(await answer.json());
    for (const { socketPath } of places) expect(message).toContain(socketPath);
    await eventually(async () =>
      expect(await verbose(bridge)).toEqual([
        503,
        '[-]nest hum: humd does not answer\n[-]humd 1 open\n[-]humd 2 open\nreadyz check failed\n',
      ]),
    );
  });

  it('do not share memories: a conversation that one remembered goes to the other as a whole', async () => {
    const options = { statefulness: 'stateful_session' } as const;
    const [first, second] = [await startHumd(options), await startHumd(options)];
    const bridge = await startTestBridge({ place: first.place, places: [second.place] });
    const say = async (...texts: string[]) => {
      const messages = texts.map((content, n) => ({ role: n % 2 === 0 ? 'user' : 'assistant', content }));
      const body = JSON.stringify({ model: 'claude-sonnet-4', messages, prompt_cache_key: 'k' });
      const response = await fetch(`${bridge.url}/v1/chat/completions`, { method: 'POST', body });
      expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    };
    await say('one');
    await say('one', 'one', 'two');
    expect(first.sentOf('prompt').map(({ content }) => Object(content))).toEqual([
      Object('one'),
      Object('two'),
    ]);
    await first.stop();
    await eventually(() => expect(statesOf(bridge)[1]).toBe('up'));
    await say('one', 'one', 'two', 'two', 'three');
    const [moved] = second.sentOf('prompt');
    expect(moved?.['content']).toContain('<turn role="user">\none\n</turn>');
    expect(moved?.['resume']).toBeUndefined();
  });
});

describe('the breaker of a socket that is not in use', () => {
  it('opens after three failed checks, and closes when a check finds it well again', async () => {
    const second = await startHumd();
    const first = await startHumd();
    const bridge = await startTestBridge({ place: first.place, places: [second.place] });
    await second.stop();
    for (const state of ['closed', 'closed', 'open']) {
      await bridge.nest.checkSockets();
      expect(statesOf(bridge)).toEqual(['up', state]);
    }
    expect(await verbose(bridge)).toEqual([
      200,
      '[+]nest hum\n[+]humd 1 up\n[-]humd 2 open\nreadyz check passed\n',
    ]);
    await second.start();
    await eventually(async () => {
      await bridge.nest.checkSockets();
      expect(statesOf(bridge)).toEqual(['up', 'closed']);
    });
    // A check is no bee.
    expect(second.sentOf('hello')).toEqual([]);
  });

  it('is half-open while the one check is under way, beside which there is no other', async () => {
    const first = await startHumd();
    const place = temporaryPlace();
    const bridge = await startTestBridge({ place: first.place, places: [place] });
    for (let check = 1; check <= 3; check++) await bridge.nest.checkSockets();
    expect(statesOf(bridge)).toEqual(['up', 'open']);
    let answerCheck = () => {};
    const raw = await startRawHumd(place.socketPath, (socket) => {
      answerCheck = () => void socket.write(breath());
    });
    let check: Promise<void> = Promise.resolve();
    await eventually(() => {
      check = bridge.nest.checkSockets();
      expect(statesOf(bridge)).toEqual(['up', 'half-open']);
    });
    await bridge.nest.checkSockets();
    await eventually(() => expect(raw.dials).toBe(1));
    expect((await verbose(bridge))[1]).toContain('[-]humd 2 half-open');
    const answeredAt = Date.now();
    answerCheck();
    await check;
    expect(statesOf(bridge)).toEqual(['up', 'closed']);
    expect(bridge.nest.sockets()[1]?.checkedAt).toBeGreaterThanOrEqual(answeredAt);
  });

  it('stays open for a humd of another major version, which answers a check but would refuse the hello', async () => {
    const { log, saying } = readableLog();
    const first = await startHumd();
    const place = temporaryPlace();
    await startRawHumd(place.socketPath, (socket) => void socket.write(breath('1.0.0')));
    const bridge = await startTestBridge({ place: first.place, places: [place], log });
    for (let check = 1; check <= 3; check++) await bridge.nest.checkSockets();
    expect(statesOf(bridge)).toEqual(['up', 'open']);
    expect(saying('does it speak thrum 0.x?')).toHaveLength(1);
  });
});
