import { describe, expect, it, onTestFinished } from 'vitest';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import { eventually } from '../eventually.js';
import { chat, parseStream, script, startWorld, type World } from '../front-door/world.js';
import { readableLog } from '../log-lines.js';
import { startTestBridge } from '../running-bridge.js';
import { ask, errorOf, verdictOf } from './ask.js';
import { startHumd } from './humd.js';
import { temporaryPlace } from './place.js';
import { breath, startRawHumd } from './raw-humd.js';

const MIB = 2 ** 20;

/** Twenty deltas, one every 10 ms. */
const COUNT = script({ n: 20, ms: 10 });
const COUNTED = Array.from({ length: 20 }, (_, n) => `t${n} `).join('');

/** The sid of the only turn that runs. */
async function runningSid(world: World): Promise<string> {
  await eventually(() => expect(world.daemon().openSids()).toHaveLength(1));
  return String(world.sentOf('prompt').at(-1)?.sid);
}

function tone(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(fields)}\n`;
}

/** What an Ollama stream said, and how many ends it had. */
async function heard(response: Response): Promise<{ readonly text: string; readonly ends: number }> {
  const lines = parseStream(await response.text());
  const text = lines.map((line) => Object(line['message'])['content'] ?? '').join('');
  return { text, ends: lines.filter((line) => line['done'] === true || 'error' in line).length };
}

describe('a humd that takes its time to read', () => {
  it('a prompt of megabytes is not lost while it is still on its way', async () => {
    const place = temporaryPlace();
    const humd = await startRawHumd(place.socketPath, (socket) => {
      socket.write(breath());
      socket.on('data', (chunk: Buffer) => {
        const text = chunk.toString();
        const rid = /"rid":"([^"]+)"/.exec(text)?.[1];
        if (text.includes('"chi":"hello"')) socket.write(tone({ chi: 'echo', rid, ok: true }));
        const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
        if (sid === undefined) return;
        // Longer than promptTimeoutMs, in which the rest of the prompt cannot leave.
        socket.pause();
        setTimeout(() => {
          socket.resume();
          socket.write(tone({ chi: 'chunk', sid, index: 0, part: { type: 'text', text: 'late but whole' } }));
          socket.write(tone({ chi: 'finish', sid, finishReason: 'stop' }));
        }, 700);
      });
    });
    const env = { OLLAMA_SERVER_PROMPT_TIMEOUT_MS: '200', OLLAMA_SERVER_CONTEXT_LENGTH: '100000000' };
    const bridge = await startTestBridge({ place, env });
    const response = await ask(bridge.url, 'word '.repeat(MIB / 2));
    expect(await response.json()).toMatchObject({ message: { content: 'late but whole' } });
    expect(humd.received).not.toContain('"chi":"cancel"');
  });
});

describe('a humd that drops', () => {
  it('the prompt: that turn costs a 502 and a cancel, and no other', async () => {
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
    expect(verdictOf(lost)).toEqual([502, null, 'false']);
    expect(errorOf(await lost.json())).toContain('never answered');
    expect(await fine.json()).toMatchObject({ message: { content: 'not me' } });
    expect(world.sentOf('cancel')).toHaveLength(1);
    expect(world.bridge.nest.link()).toBe('up');
  });

  it('the finish: the turn ends with a cancel and a 504, or in-band, after turnTimeoutMs', async () => {
    const world = await startWorld({
      env: { OLLAMA_SERVER_TURN_TIMEOUT_MS: '300' },
      daemon: {
        filter: (tone, direction) => (direction === 'out' && tone.chi === 'finish' ? undefined : tone),
      },
    });
    const whole = await world.post('/v1/chat/completions', chat('hi'));
    expect(verdictOf(whole)).toEqual([504, null, 'false']);
    const streamed = await world.post('/api/chat', chat('hi'));
    expect(parseStream(await streamed.text())).toEqual([
      expect.objectContaining({ message: { role: 'assistant', content: 'hi' } }),
      { error: expect.stringContaining('no sign of life') },
    ]);
    expect(world.sentOf('cancel')).toHaveLength(2);
  });

  it('all of an answer: a worker that falls silent ends in a cancel and a 504 after turnTimeoutMs', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_TURN_TIMEOUT_MS: '300' } });
    for (const path of ['/api/chat', '/v1/chat/completions']) {
      const response = await world.post(path, chat(script({ hang: true }), { stream: true }));
      expect([path, ...verdictOf(response)]).toEqual([path, 504, null, 'false']);
      expect(errorOf(await response.json())).toContain('no sign of life');
    }
    expect(world.sentOf('cancel')).toHaveLength(2);
  });
});

describe('a worker that is gone from bees.json', () => {
  it('costs its turns a 502 or an in-band error at once, and none of another worker', async () => {
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
    const fine = world.post('/api/chat', chat(script({ n: 200, ms: 15 }), { model: 'other', stream: false }));
    await eventually(() => expect(world.daemon().openSids()).toHaveLength(3));
    world.worker.kill();
    const answer = await whole;
    // The turn that has another 3 s to go is the one that is left.
    expect(world.daemon().openSids()).toHaveLength(1);
    expect(verdictOf(answer)).toEqual([502, null, 'false']);
    expect(errorOf(await answer.json())).toBe('the worker that was answering is gone');
    expect(parseStream(await streamed.text()).at(-1)).toMatchObject({
      error: { message: 'the worker that was answering is gone' },
    });
    expect((await fine).status).toBe(200);
  });
});

describe('a turn', () => {
  it('whose end comes twice has one', async () => {
    const world = await startWorld();
    const answer = await world.post('/api/chat', chat(COUNT));
    const sid = await runningSid(world);
    const finish = tone({ chi: 'finish', sid, finishReason: 'stop', usage: {} });
    world.daemon().sendRaw(finish + finish + tone({ chi: 'error', sid, message: 'and a third' }));
    expect((await heard(answer)).ends).toBe(1);
    expect(world.bridge.nest.ignored.foreignSid).toBeGreaterThanOrEqual(2);
  });

  it('is over at its end: tones after it are passed over, and reach no other turn', async () => {
    const world = await startWorld();
    const answer = await world.post('/api/chat', chat(COUNT));
    const sid = await runningSid(world);
    const late = tone({ chi: 'chunk', sid, chunkType: 'text_delta', delta: 'LATE' });
    world.daemon().sendRaw(tone({ chi: 'finish', sid, finishReason: 'stop', usage: {} }) + late.repeat(3));
    const next = world.post('/api/chat', chat(COUNT));
    world.daemon().sendRaw(late);
    expect((await heard(answer)).text).not.toContain('LATE');
    expect(await heard(await next)).toEqual({ text: COUNTED, ends: 1 });
  });

  it('lives through a line of 64 MB, which is dropped, and the lines behind it', async () => {
    const world = await startWorld();
    const answer = await world.post('/api/chat', chat(COUNT));
    const sid = await runningSid(world);
    const long = tone({ chi: 'chunk', sid, chunkType: 'text_delta', delta: 'x'.repeat(64 * MIB) });
    world.daemon().sendRaw(long);
    world.daemon().sendRaw(tone({ chi: 'chunk', sid, chunkType: 'reasoning_delta', delta: 'still here' }));
    const lines = parseStream(await answer.text());
    expect(lines.some((line) => Object(line['message'])['thinking'] === 'still here')).toBe(true);
    expect(lines.map((line) => Object(line['message'])['content']).join('')).toBe(COUNTED);
    expect(world.bridge.nest.ignored.oversized).toBe(1);
  });

  it('lives through lines of nonsense, which are passed over', async () => {
    const world = await startWorld();
    const answer = world.post('/api/chat', chat(COUNT));
    await runningSid(world);
    const foreign = '{"chi":"chunk","sid":"x","chunkType":"text_delta","delta":"no"}\n';
    world.daemon().sendRaw(`nonsense\nnull\n[]\n5\n{"chi":7}\n{"sid":"x"}\n${foreign}{"chi":"finish"}\n`);
    world.daemon().sendRaw('{"chi":"never-heard-of","sid":5}\n');
    expect(await heard(await answer)).toEqual({ text: COUNTED, ends: 1 });
  });

  it('lives through a flood for unknown sids, which is counted and not logged', async () => {
    const { log, lines } = readableLog();
    const humd = await startHumd();
    const bridge = await startTestBridge({ place: humd.place, log });
    const answer = ask(bridge.url, COUNT);
    await eventually(() => expect(humd.daemon().openSids()).toHaveLength(1));
    const linesBefore = lines.length;
    const FLOOD = 200_000;
    let flood = '';
    for (let n = 0; n < FLOOD; n++)
      flood += `{"chi":"chunk","sid":"nobody-${n}","chunkType":"text_delta","delta":"x"}\n`;
    humd.daemon().sendRaw(flood);
    expect(await (await answer).json()).toMatchObject({ message: { content: COUNTED }, done: true });
    await eventually(() => expect(bridge.nest.ignored.foreignSid).toBe(FLOOD));
    expect(bridge.nest.openSids).toBe(0);
    expect(lines.length).toBe(linesBefore);
  });

  it('that a call breaks which nobody could write again costs itself alone: 502 and a cancel', async () => {
    const humd = await startHumd();
    const bridge = await startTestBridge({ place: humd.place });
    const tools = [{ type: 'function', function: { name: 'dig', parameters: {} } }];
    const broken = ask(bridge.url, script({ hang: true }), { path: '/v1/chat/completions', tools });
    await eventually(() => expect(humd.daemon().openSids()).toHaveLength(1));
    const neighbour = ask(bridge.url, COUNT);
    await eventually(() => expect(humd.daemon().openSids()).toHaveLength(2));
    const sid = humd.sentOf('prompt')[0]?.sid;
    const args = '['.repeat(100_000) + ']'.repeat(100_000);
    humd.daemon().sendRaw(`{"chi":"tool-call","sid":"${sid}","callId":"c","name":"dig","args":${args}}\n`);
    expect(verdictOf(await broken)).toEqual([502, null, 'false']);
    expect(humd.sentOf('cancel').map((cancel) => cancel.sid)).toEqual([sid]);
    expect(await (await neighbour).json()).toMatchObject({ message: { content: COUNTED } });
  });
});
