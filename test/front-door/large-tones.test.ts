/** A piece of an answer may be larger than what waits for a client, and one that is dropped for its size is never missing in silence. */
import { describe, expect, test } from 'vitest';
import { EMBEDDING_MODEL, startEmbedder } from '../http/ollama/start-embedder.js';
import { eventually } from '../eventually.js';
import { ASKS, toAnswer } from './ask-surfaces.js';
import { startScriptedWorker } from './scripted-worker.js';
import { LOOP_SURFACES } from './turn-surfaces.js';
import { startWorld } from './world.js';

const MEBIBYTE = 1_048_576;

describe.each(ASKS)('$how', ({ surface, stream }) => {
  const { path } = surface;

  test('a tone of 3 MiB is delivered, and what comes right behind it', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const answer = world.post(path, surface.body('scripted', 'hi', stream));
    const turn = await worker.turn(0);
    const large = 'x'.repeat(3 * MEBIBYTE);
    turn.text('begin ');
    turn.text(large);
    turn.text(' end');
    turn.finish();
    const text = surface.text(await toAnswer(await answer));
    // Not by `toBe`, which takes long for so much text.
    expect([text.length, text === `begin ${large} end`]).toEqual([large.length + 10, true]);
  });

  test('a turn whose tone is dropped for its size ends in an error', async () => {
    const world = await startWorld({ config: { maxToneBytes: 65_536 } });
    const worker = await startScriptedWorker(world);
    const answer = world.post(path, surface.body('scripted', 'hi', stream));
    const turn = await worker.turn(0);
    turn.text('"sid":"another"'.repeat(10_000));
    turn.finish();
    const { status, body } = await toAnswer(await answer);
    expect(status).toBe(502);
    expect(body).toContain('longer than this server takes');
  });

  test('its worker, which goes on, is told to stop, once', async () => {
    const world = await startWorld({ config: { maxToneBytes: 65_536 } });
    const worker = await startScriptedWorker(world);
    const answer = world.post(path, surface.body('scripted', 'hi', stream));
    const turn = await worker.turn(0);
    turn.text('x'.repeat(100_000));
    turn.text('more');
    expect((await toAnswer(await answer)).status).toBe(502);
    await eventually(() => expect(turn.signal.aborted).toBe(true));
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    expect(world.sentOf('cancel').map(({ sid }) => sid)).toEqual([turn.sid]);
  });
});

test('a worker that waits for results, and of which a piece is dropped for its size, is told to stop', async () => {
  const world = await startWorld({ config: { maxToneBytes: 65_536 } });
  const worker = await startScriptedWorker(world);
  const [surface] = LOOP_SURFACES;
  if (surface === undefined) expect.fail('there are several');
  const asked = world.post(surface.path, surface.ask('hi', false));
  const turn = await worker.turn(0);
  turn.call('call_0');
  expect((await asked).status).toBe(200);
  turn.text('x'.repeat(100_000));
  await eventually(() => expect(turn.signal.aborted).toBe(true));
  expect(world.bridge.nest.parkedTurns).toBe(0);
});

test.each(['/api/embed', '/v1/embeddings'])(
  'an embedding that is dropped for its size is an error: %s',
  async (path) => {
    const world = await startWorld({ config: { maxToneBytes: 65_536 } });
    await startEmbedder(world.daemon().socketPath, async () => ({
      output: { embeddings: [Array(50_000).fill(0.25)] },
    }));
    const { status, body } = await toAnswer(await world.post(path, { model: EMBEDDING_MODEL, input: 'a' }));
    expect([status, body]).toEqual([502, expect.stringContaining('longer than this server takes')]);
  },
);

test('a single message that an estimate holds for too long goes to the model, which says what it cannot read', async () => {
  const world = await startWorld({
    config: { models: [{ name: 'claude-sonnet-4', alias: [], contextLength: 1_000 }] },
  });
  const content = 'x'.repeat(8_000);
  for (const path of ['/api/chat', '/v1/chat/completions', '/v1/messages', '/v1/responses']) {
    const messages = [{ role: 'user', content }];
    const body = { model: 'claude-sonnet-4', stream: false, max_tokens: 9_000, messages, input: messages };
    expect([path, (await world.post(path, body)).status]).toEqual([path, 200]);
  }
});
