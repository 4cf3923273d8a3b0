/** What humd refuses, by an echo that says no, is over at once: no time limit is waited for. */
import { describe, expect, it } from 'vitest';
import { EMBEDDING_MODEL, startEmbedder } from '../http/ollama/start-embedder.js';
import { eventually } from '../eventually.js';
import { startScriptedWorker } from './scripted-worker.js';
import { LOOP_SURFACES } from './turn-surfaces.js';
import { startWorld } from './world.js';

/** humd's part refuses what has this chi, and passes it on all the same, as a worker that is not reached says nothing. */
function refusing(chi: string) {
  const rids = new Set<unknown>();
  const world = startWorld({
    config: { toolResults: 'route' },
    daemon: {
      routeUndeclaredToolResults: true,
      filter: (tone, direction) => {
        if (direction === 'in' && tone.chi === chi) rids.add(tone.rid);
        const isRefused = direction === 'out' && tone.chi === 'echo' && rids.has(tone.rid);
        return isRefused ? { ...tone, ok: false, error: 'no room' } : tone;
      },
    },
  });
  return world;
}

describe.each(LOOP_SURFACES.map((surface) => [surface.name, surface] as const))('on %s', (_, surface) => {
  it.each([true, false])('a prompt is a 502 that says why, stream: %s', async (stream) => {
    const world = await refusing('prompt');
    await startScriptedWorker(world);
    const response = await world.post(surface.path, surface.ask('hi', stream));
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('no room')]);
    expect(world.sentOf('cancel')).toEqual([]);
    expect([world.bridge.nest.openSids, world.bridge.openStreams]).toEqual([0, 0]);
  });

  it('a result is replayed, and the worker that waited for it is told to stop, once', async () => {
    const world = await refusing('tool-result');
    const worker = await startScriptedWorker(world);
    const question = surface.ask('hi', false);
    const asked = world.post(surface.path, question).then((response) => response.json());
    const parked = await worker.turn(0);
    parked.call('call_0');
    const brought = world
      .post(surface.path, surface.bring(question, await asked, 'seen'))
      .then((response) => response.json());
    const replay = await worker.turn(1);
    replay.text('replayed');
    replay.finish();
    expect(surface.text(await brought)).toBe('replayed');
    await eventually(() => expect(world.sentOf('cancel').map(({ sid }) => sid)).toEqual([parked.sid]));
  });
});

it.each(['/api/embed', '/v1/embeddings'])('an embedding is a 502 that says why: %s', async (path) => {
  const world = await refusing('tool-call');
  await startEmbedder(world.daemon().socketPath, () => new Promise(() => undefined));
  // A long text is encoded in a thread.
  for (const input of ['a', 'a'.repeat(2 ** 21)]) {
    const response = await world.post(path, { model: EMBEDDING_MODEL, input });
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('no room')]);
  }
});
