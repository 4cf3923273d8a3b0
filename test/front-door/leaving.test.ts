/**
 * A client that leaves is followed by a cancel in every state of its turn. The cancel leaves with the tick in which the connection
 * closes (`test/thrum/turns.test.ts`): no timer stands between.
 */
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { head, rawExchange } from '../http/raw-exchange.js';
import { startScriptedWorker } from './scripted-worker.js';
import { LOOP_SURFACES, type LoopSurface } from './turn-surfaces.js';
import { startWorld, type World, type WorldOptions } from './world.js';

const routing = { daemon: { routeUndeclaredToolResults: true } };

const cases = LOOP_SURFACES.flatMap((surface) =>
  [true, false].map(
    (stream) => [`${surface.name}, ${stream ? 'streamed' : 'whole'}`, surface, stream] as const,
  ),
);

async function call(world: World, surface: LoopSurface, body: unknown): Promise<unknown> {
  return (await world.post(surface.path, body)).json();
}

/** Leaves a request and waits until humd was told, once. */
async function leave(world: World, controller: AbortController, answer: Promise<unknown>, sid: string) {
  controller.abort();
  await expect(answer).rejects.toThrow();
  await expectGone(world, sid);
}

async function expectGone(world: World, sid: string) {
  await eventually(() => expect(world.sentOf('cancel').map((tone) => tone.sid)).toEqual([sid]));
  await eventually(() => {
    const { runningTurns, openSids, parkedTurns } = world.bridge.nest;
    const { openStreams } = world.bridge;
    expect({ runningTurns, openSids, parkedTurns, openStreams }).toEqual({
      runningTurns: 0,
      openSids: 0,
      parkedTurns: 0,
      openStreams: 0,
    });
  });
}

const readAll = (response: Promise<Response>) => response.then((whole) => whole.text());

/** A client asks, and its worker has begun. */
async function ask(surface: LoopSurface, stream: boolean, options: WorldOptions = {}) {
  const world = await startWorld({ ...routing, ...options });
  const worker = await startScriptedWorker(world);
  const controller = new AbortController();
  const answer = readAll(world.post(surface.path, surface.ask('hi', stream), controller.signal));
  return { world, controller, answer, turn: await worker.turn(0) };
}

/** A client brings the result of the call that it was given, and its worker has it. */
async function bringResult(surface: LoopSurface, stream: boolean, options: WorldOptions = {}) {
  const world = await startWorld({ ...routing, ...options });
  const worker = await startScriptedWorker(world);
  const question = surface.ask('hi', false);
  const asked = call(world, surface, question);
  const turn = await worker.turn(0);
  turn.call('call_0');
  const controller = new AbortController();
  const bring = { ...surface.bring(question, await asked, 'seen'), stream };
  const answer = readAll(world.post(surface.path, bring, controller.signal));
  expect(await turn.result('call_0')).toBe('seen');
  return { world, controller, answer, turn };
}

describe.each(cases)('a client that leaves: %s', (_, surface, stream) => {
  it('before the worker has said anything', async () => {
    const { world, controller, answer, turn } = await ask(surface, stream);
    await leave(world, controller, answer, turn.sid);
  });

  it('after the first words', async () => {
    const { world, controller, answer, turn } = await ask(surface, stream);
    turn.text('word');
    await leave(world, controller, answer, turn.sid);
  });

  it('after its calls came, before its turn was closed on them', async () => {
    const { world, controller, answer, turn } = await ask(surface, stream, {
      config: { gatherWindowMs: 60_000 },
    });
    turn.call('call_0');
    await leave(world, controller, answer, turn.sid);
  });

  it('after its turn was closed on its calls, before it has all of its answer', async () => {
    const world = await startWorld({ ...routing, config: { maxBufferBytes: 2 ** 25 } });
    const worker = await startScriptedWorker(world);
    const { hostname, port } = new URL(world.url);
    const asking = request({ host: hostname, port, path: surface.path, method: 'POST' });
    asking.on('error', () => undefined);
    asking.on('response', (answer) => answer.on('error', () => undefined).pause());
    asking.end(JSON.stringify(surface.ask('hi', stream)));
    const turn = await worker.turn(0);
    for (let piece = 0; piece < 16; piece++) turn.text('x'.repeat(2 ** 20));
    turn.call('call_0');
    await eventually(() => expect(world.bridge.nest.parkedTurns).toBe(1));
    asking.destroy();
    await expectGone(world, turn.sid);
  });

  it('after it brought results, before the worker goes on', async () => {
    const { world, controller, answer, turn } = await bringResult(surface, stream, {
      config: { toolResults: 'route' },
    });
    // Signs of life that are no signs of work.
    turn.send({ chi: 'pulse' });
    await leave(world, controller, answer, turn.sid);
  });

  it('after it brought results, while the worker goes on', async () => {
    const { world, controller, answer, turn } = await bringResult(surface, stream);
    turn.text('going on');
    await eventually(() => expect(world.bridge.nest.parkedTurns).toBe(0));
    await leave(world, controller, answer, turn.sid);
  });

  it('while its turn waits for room at the worker: nothing is ever sent, and the next in line gets the room', async () => {
    const world = await startWorld({ ...routing, config: { turnsPerWorker: { scripted: 1 } } });
    const worker = await startScriptedWorker(world);
    const first = readAll(world.post(surface.path, surface.ask('one', false)));
    const running = await worker.turn(0);
    const controller = new AbortController();
    const second = readAll(world.post(surface.path, surface.ask('two', stream), controller.signal));
    await eventually(() => expect(world.bridge.nest.waitingTurns).toBe(1));
    const third = readAll(world.post(surface.path, surface.ask('three', false)));
    await eventually(() => expect(world.bridge.nest.waitingTurns).toBe(2));
    controller.abort();
    await expect(second).rejects.toThrow();
    await eventually(() => expect(world.bridge.nest.waitingTurns).toBe(1));
    running.finish();
    await first;
    (await worker.turn(1)).finish();
    await third;
    expect(worker.turns.map(({ prompt }) => prompt['content'])).toEqual(['one', 'three']);
    expect(world.sentOf('cancel')).toEqual([]);
  });
});

describe.each(LOOP_SURFACES.map((surface) => [surface.name, surface] as const))(
  'a client whose connection ends with each answer: %s',
  (_, surface) => {
    it.each(['HTTP/1.0', 'HTTP/1.1'])(
      'has not left: the worker waits for its results, %s',
      async (version) => {
        const world = await startWorld(routing);
        const worker = await startScriptedWorker(world);
        const send = async (body: unknown): Promise<unknown> => {
          const text = JSON.stringify(body);
          const length = `content-length: ${Buffer.byteLength(text)}`;
          const lines = [
            `POST ${surface.path} ${version}`,
            'host: localhost',
            'content-type: application/json',
            length,
          ];
          const answer = await rawExchange(world.url, `${head(...lines)}${text}`);
          return JSON.parse(answer.body);
        };
        const question = surface.ask('hi', false);
        const asked = send(question);
        const turn = await worker.turn(0);
        turn.call('call_0');
        const brought = send(surface.bring(question, await asked, 'seen'));
        expect(await turn.result('call_0')).toBe('seen');
        turn.text('done');
        turn.finish();
        expect(surface.text(await brought)).toBe('done');
        expect([worker.turns.length, world.sentOf('cancel')]).toEqual([1, []]);
      },
    );
  },
);
