/** A bridge that has only an echo moves to a humd that appears: new turns go there, those that run end where they are. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startClaudeBee } from '../claude-bee/claude-bee.js';
import { startDaemon } from '../../src/daemon/daemon.js';
import { startWorkerBee } from '../../src/daemon/worker/worker-bee.js';
import { eventually } from '../eventually.js';
import { type Place, startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

function newPlace(): Place {
  const folder = temporaryFolder();
  return { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
}

async function startHumd(place: Place) {
  const daemon = await startDaemon(place);
  onTestFinished(() => daemon.close());
  const bee = await startClaudeBee({ socketPath: place.socketPath });
  onTestFinished(() => bee.close());
  return { daemon, bee };
}

/** A bridge in front of a daemon whose worker ends each turn when it is told to. */
async function startWaiting(models: readonly string[] = []) {
  const [place, laterPlace] = [newPlace(), newPlace()];
  const daemon = await startDaemon(place);
  onTestFinished(() => daemon.close());
  const finish: (() => void)[] = [];
  const worker = await startWorkerBee({
    socketPath: place.socketPath,
    hive: 'echo',
    models: ['claude-sonnet-4-6', ...models],
    onPrompt: (turn) =>
      new Promise<void>((resolve) => {
        turn.send({ chi: 'chunk', chunkType: 'text_delta', delta: 'from the echo' });
        finish.push(() => {
          turn.send({ chi: 'finish', finishReason: 'stop' });
          resolve();
        });
      }),
  });
  onTestFinished(() => worker.close());
  const bridge = await startTestBridge({ place, laterPlace });
  const ask = (model = 'claude-sonnet-4-6') =>
    fetch(`${bridge.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }], stream: false }),
    });
  const readyz = async () => (await fetch(`${bridge.url}/readyz?verbose`)).text();
  const moved = () => eventually(() => expect(bridge.status().link.to).toBe('humd'), 15_000);
  return { bridge, laterPlace, finish, ask, readyz, moved };
}

describe('an echo that a humd takes the place of', () => {
  it('ends the turns that run there, and gets no new one', async () => {
    const { bridge, laterPlace, finish, ask, readyz, moved } = await startWaiting();
    expect(await readyz()).toBe(
      '[+]nest embedded echo\n[+]echo up\n[-]humd 1 awaited\nreadyz check passed\n',
    );
    expect(bridge.status().link).toMatchObject({ state: 'up', to: 'echo' });
    const running = ask();
    await eventually(() => expect(finish).toHaveLength(1));

    const { bee } = await startHumd(laterPlace);
    await moved();
    expect(await readyz()).toBe('[+]nest hum\n[+]humd 1 up\nreadyz check passed\n');
    expect(bridge.status().sessions.running).toBe(1);
    expect((await ask()).status).toBe(200);
    expect(bee.prompts).toHaveLength(1);
    expect(finish).toHaveLength(1);

    finish[0]?.();
    expect(await (await running).json()).toMatchObject({ message: { content: 'from the echo' }, done: true });
    expect(bridge.status().sessions.running).toBe(0);
  });

  it('is not gone back to when the humd goes away', async () => {
    const { bridge, laterPlace, finish, ask, moved } = await startWaiting();
    bridge.reload({ config: { ...bridge.config, readyTimeoutMs: 100 }, apiKeys: [] });
    const { daemon } = await startHumd(laterPlace);
    await moved();
    await daemon.close();
    await eventually(() => expect(bridge.nest.link()).toBe('down'));
    expect((await ask()).status).toBe(503);
    expect(bridge.status().link.to).toBe('humd');
    expect(finish).toEqual([]);
  });

  it('takes its models with it: what only it served means nothing at the humd', async () => {
    const { bridge, laterPlace, ask, moved } = await startWaiting(['only-of-the-echo']);
    expect(bridge.nest.findModel('only-of-the-echo')).toMatchObject({ service: 'live' });
    await startHumd(laterPlace);
    await moved();
    expect((await ask('only-of-the-echo')).status).toBe(404);
  });
});
