/** Responses in the background, all the way to a worker: what their client does does not touch them. */
import { expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { startScriptedWorker } from './scripted-worker.js';
import { startWorld, type World, type WorldOptions } from './world.js';

const PATH = '/v1/responses';
const ask = { model: 'scripted', input: 'hi', background: true };

async function start(options: WorldOptions = {}) {
  const world = await startWorld(options);
  return { world, worker: await startScriptedWorker(world) };
}

const get = async (world: World, id: string) =>
  Object(await (await fetch(`${world.url}${PATH}/${id}`)).json());
const make = async (world: World, fields: object = {}) =>
  Object(await (await world.post(PATH, { ...ask, ...fields })).json());

it('a cancel of a response in the background is a cancel of its worker', async () => {
  const { world, worker } = await start();
  const { id } = await make(world);
  const turn = await worker.turn(0);
  await eventually(async () => expect((await get(world, id)).status).toBe('in_progress'));
  turn.text('half');
  expect(world.sentOf('cancel')).toEqual([]);
  const cancelled = await (await world.post(`${PATH}/${id}/cancel`, {})).json();
  expect(cancelled).toMatchObject({ status: 'cancelled' });
  await eventually(() => expect(world.sentOf('cancel').map(({ sid }) => sid)).toEqual([turn.sid]));
  await eventually(() => expect(world.bridge.nest.runningTurns).toBe(0));
});

it('the deletion of a response in the background is a cancel of its worker, too', async () => {
  const { world, worker } = await start();
  const { id } = await make(world);
  const turn = await worker.turn(0);
  expect((await fetch(`${world.url}${PATH}/${id}`, { method: 'DELETE' })).status).toBe(200);
  await eventually(() => expect(world.sentOf('cancel').map(({ sid }) => sid)).toEqual([turn.sid]));
});

it('a client that leaves the stream of a response in the background cancels nothing', async () => {
  const { world, worker } = await start();
  const leaving = new AbortController();
  const stream = await world.post(PATH, { ...ask, stream: true }, leaving.signal);
  const id = /"id":"(resp_\w+)"/.exec(
    new TextDecoder().decode((await stream.body?.getReader().read())?.value),
  )?.[1];
  const turn = await worker.turn(0);
  leaving.abort();
  await eventually(() => expect(world.bridge.openStreams).toBe(0));
  turn.text('whole');
  turn.finish();
  await eventually(async () =>
    expect(await get(world, id ?? '')).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'whole' }] }],
    }),
  );
  expect(world.sentOf('cancel')).toEqual([]);
});

it('a response in the background is queued while its turn waits for another one', async () => {
  const { world, worker } = await start({ config: { maxTurns: 1 } });
  const first = await make(world);
  const running = await worker.turn(0);
  const second = await make(world);
  await eventually(() => expect(world.bridge.waitingTurns).toBe(1));
  expect((await get(world, second.id)).status).toBe('queued');
  running.finish();
  (await worker.turn(1)).finish();
  for (const { id } of [first, second])
    await eventually(async () => expect((await get(world, id)).status).toBe('completed'));
});

it('a response in the background is seen, followed, cancelled and deleted by the key that made it alone', async () => {
  const { world, worker } = await start({ env: { OLLAMA_SERVER_API_KEY: 'one,two' } });
  const as = (key: string, path: string, method: string, body?: object) =>
    fetch(`${world.url}${PATH}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const { id } = Object(await (await as('one', '', 'POST', ask)).json());
  await worker.turn(0);
  const calls = [
    ['GET', ''],
    ['GET', '?stream=true'],
    ['GET', '/input_items'],
    ['POST', '/cancel'],
    ['DELETE', ''],
  ] as const;
  for (const [method, rest] of calls) expect((await as('two', `/${id}${rest}`, method)).status).toBe(404);
  expect((await as('one', `/${id}`, 'GET')).status).toBe(200);
  expect(world.sentOf('cancel')).toEqual([]);
});

it('a bridge that stops lets a response in the background come to its end', async () => {
  const { world, worker } = await start({ config: { drainMs: 30_000 } });
  const { id } = await make(world);
  const turn = await worker.turn(0);
  const following = fetch(`${world.url}${PATH}/${id}?stream=true`);
  turn.text('still');
  const stream = await following;
  const closed = world.bridge.close();
  turn.text(' here');
  turn.finish();
  expect(await stream.text()).toContain('"text":"still here"');
  await closed;
  expect(world.sentOf('cancel')).toEqual([]);
});
