import { expect, test } from 'vitest';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { eventually } from '../eventually.js';
import type { Dialled } from './dial.js';
import { type Nest, startNest } from './nest.js';

const BURST_TONES = 20_000;
const CATCH_UP_MS = 15_000;
const isFinish = ({ chi }: Tone): boolean => chi === 'finish';

/** Has the worker burst while the forager does not read, and waits until the daemon has heard all of it. */
async function burstAtPausedReader(nest: Nest, forager: Dialled, bystander: Dialled): Promise<void> {
  forager.pause();
  forager.prompt('s', `@script {"n":${BURST_TONES}}`);
  await expect.poll(() => nest.daemon.openSids()).toEqual(['s']);
  await expect.poll(() => nest.daemon.openSids(), { timeout: 10_000 }).toEqual([]);
  await bystander.settle();
}

/** Resolves when the reader has caught up: an echo comes through, which is dropped as well while the queue is full. */
async function untilCaughtUp(forager: Dialled): Promise<void> {
  await eventually(async () => {
    forager.send({ chi: 'settle', rid: 'caught-up' });
    await forager.next(({ rid }) => rid === 'caught-up', 200);
  }, CATCH_UP_MS);
}

function deltasOf({ tones }: Dialled): number[] {
  return tones.flatMap(({ delta }) => (typeof delta === 'string' ? [Number(delta.slice(1))] : []));
}

test('a reader that pauses gets the oldest tones and loses the newest, the finish among them', async () => {
  const nest = await startNest();
  await nest.echoWorker();
  const [forager, bystander] = [await nest.forager(), await nest.forager()];
  await burstAtPausedReader(nest, forager, bystander);
  forager.resume();
  await untilCaughtUp(forager);
  const deltas = deltasOf(forager);
  expect(deltas).toEqual(Array.from(deltas, (_, index) => index));
  expect(deltas.length).toBeGreaterThan(1_000);
  expect(deltas.length).toBeLessThan(BURST_TONES);
  expect(forager.tones.some(isFinish)).toBe(false);
});

test('with no limit a reader that pauses loses nothing', async () => {
  const nest = await startNest({ queueLimit: 0 });
  await nest.echoWorker();
  const [forager, bystander] = [await nest.forager(), await nest.forager()];
  await burstAtPausedReader(nest, forager, bystander);
  forager.resume();
  await forager.next(isFinish);
  expect(deltasOf(forager)).toEqual(Array.from({ length: BURST_TONES }, (_, index) => index));
});

test('after a loss the link goes on', async () => {
  const nest = await startNest({ queueLimit: 16 });
  await nest.echoWorker();
  const [forager, bystander] = [await nest.forager(), await nest.forager()];
  await burstAtPausedReader(nest, forager, bystander);
  forager.resume();
  await untilCaughtUp(forager);
  forager.prompt('again', 'still here');
  expect(await forager.next(({ chi, sid }) => chi === 'finish' && sid === 'again')).toMatchObject({
    finishReason: 'stop',
  });
});

test('a paced load arrives whole', async () => {
  const nest = await startNest();
  await nest.echoWorker();
  const forager = await nest.forager();
  const streams = 64;
  for (let index = 0; index < streams; index++) forager.prompt(`s${index}`, '@script {"n":30,"ms":10}');
  for (let index = 0; index < streams; index++) await forager.next(isFinish);
  expect(deltasOf(forager)).toHaveLength(streams * 30);
});
