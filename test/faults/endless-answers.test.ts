/** Answers without end, of which all is kept until the end that does not come. */
import { beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.js';
import {
  type ScriptedTurn,
  startScriptedWorker,
  type ScriptedWorker,
} from '../front-door/scripted-worker.js';
import { startWorld, type World } from '../front-door/world.js';
import { errorOf } from './ask.js';

const MIB = 2 ** 20;
const model = 'scripted';
const messages = [{ role: 'user', content: 'x' }];
const parameters = { type: 'object', properties: {} };
const tools = [{ type: 'function', function: { name: 'look', parameters } }];
const schema = { type: 'object' };
const format = { type: 'json_schema', json_schema: { name: 'a', schema } };

type Fields = Readonly<Record<string, unknown>>;

/** Each surface that waits for the end of an answer, and why. */
const KEPT: readonly (readonly [name: string, path: string, body: Fields])[] = [
  ['whole', '/api/chat', { model, messages, stream: false }],
  ['whole', '/api/generate', { model, prompt: 'x', stream: false }],
  ['whole', '/v1/chat/completions', { model, messages }],
  ['two whole', '/v1/chat/completions', { model, messages, n: 2 }],
  ['whole', '/v1/completions', { model, prompt: 'x' }],
  ['whole', '/v1/responses', { model, input: 'x' }],
  ['whole', '/v1/messages', { model, messages, max_tokens: 100_000_000 }],
  ['in a format', '/api/chat', { model, messages, format: schema, stream: false }],
  ['in a format', '/v1/chat/completions', { model, messages, response_format: format }],
];

/** Says more and more until it is told to stop. */
function saysMore(turn: ScriptedTurn, more: Fields, atOnce = 1): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      for (let count = 0; count < atOnce; count++) turn.send({ chi: 'chunk', ...more });
    }, 1);
    turn.signal.addEventListener('abort', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

const LONG = 'x'.repeat(64 * 1024);
const TEXT = { chunkType: 'text_delta', delta: LONG };
const THOUGHT = { chunkType: 'reasoning_delta', delta: LONG };

let world: World;
let worker: ScriptedWorker;
beforeEach(async () => {
  world = await startWorld({ config: { maxAnswerBytes: MIB } });
  worker = await startScriptedWorker(world);
});

describe('an answer without end', () => {
  test.each(KEPT)('that is kept is a 502, and its worker is told to stop: %s, %s', async (_, path, body) => {
    for (const more of [TEXT, THOUGHT]) {
      const before = worker.turns.length;
      const asked = world.post(path, body);
      const stopped = saysMore(await worker.turn(before), more);
      const answer = await asked;
      expect(answer.status).toBe(502);
      expect(errorOf(await answer.json())).toContain('the answer takes more than 1048576 bytes');
      await stopped;
    }
  });

  test.each([
    ['/v1/responses', { model, input: 'x', stream: true }],
    ['/v1/chat/completions', { model, messages, response_format: format, stream: true }],
    ['/api/generate', { model, prompt: 'x' }],
  ])('that is kept and streamed ends in an error: %s', async (path, body) => {
    const asked = world.post(path, body);
    const turn = await worker.turn(0);
    turn.send({ chi: 'chunk', chunkType: 'text_delta', delta: '{"a":"' });
    const stopped = saysMore(turn, TEXT);
    const text = await (await asked).text();
    expect(text).toContain('the answer takes more than 1048576 bytes');
    expect(text.length).toBeLessThan(8 * MIB);
    await stopped;
  });

  test.each([true, false])('of calls is an error too: stream %s', async (stream) => {
    const asked = world.post('/v1/chat/completions', { model, messages, tools, stream });
    const turn = await worker.turn(0);
    let id = 0;
    const timer = setInterval(
      () =>
        turn.send({
          chi: 'chunk',
          part: { type: 'tool_use', toolCall: { id: `c${id++}`, name: 'look', input: { a: LONG } } },
        }),
      1,
    );
    turn.signal.addEventListener('abort', () => clearInterval(timer));
    expect(await (await asked).text()).toContain('the answer takes more than 1048576 bytes');
    await eventually(() => expect(turn.signal.aborted).toBe(true));
  });

  test('of tiny pieces counts what these take', async () => {
    const asked = world.post('/v1/chat/completions', { model, messages });
    const turn = await worker.turn(0);
    const stopped = saysMore(turn, { chunkType: 'text_delta', delta: 'x' }, 200);
    const answer = await asked;
    expect(answer.status).toBe(502);
    await stopped;
  });

  test('that nothing keeps goes on as long as it likes', async () => {
    const asked = world.post('/v1/chat/completions', { model, messages, stream: true });
    const turn = await worker.turn(0);
    for (let at = 0; at < 40; at++) turn.text(LONG);
    turn.finish();
    const text = await (await asked).text();
    expect(text.length).toBeGreaterThan(40 * LONG.length);
    expect(text).toContain('[DONE]');
  });
});

test('answers that are kept count together: the one of which most is kept ends, the others go on', async () => {
  const config = { maxAnswerBytes: 3 * MIB, maxTotalBufferBytes: 3 * MIB };
  world = await startWorld({ config });
  worker = await startScriptedWorker(world);
  const asked = [0, 1, 2].map(() => world.post('/v1/chat/completions', { model, messages }));
  const [one, other, large] = [await worker.turn(0), await worker.turn(1), await worker.turn(2)];
  one.text(LONG);
  other.text(LONG);
  for (let at = 0; at < 47; at++) large.text(LONG);
  await eventually(() => expect(large.signal.aborted).toBe(true));
  for (const turn of [one, other]) turn.finish();
  const statuses = await Promise.all(asked.map(async (each) => (await each).status));
  expect(statuses.sort()).toEqual([200, 200, 502]);
  // Nothing of them counts any more.
  const next = world.post('/v1/chat/completions', { model, messages });
  const turn = await worker.turn(3);
  for (let at = 0; at < 30; at++) turn.text(LONG);
  turn.finish();
  expect((await next).status).toBe(200);
});
