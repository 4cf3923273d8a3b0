import { describe, expect, test } from 'vitest';
import { startWorkerBee } from '../../../src/daemon/worker/worker-bee.js';
import type { WorkerTurn } from '../../../src/daemon/worker/turn.js';
import type { Tone } from '../../../src/thrum/link/tone-codec.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { startNest } from '../nest.js';

const is =
  (chi: string) =>
  (tone: Tone): boolean =>
    tone.chi === chi;

const CANCELLED = {
  chi: 'finish',
  finishReason: 'error',
  usage: { cache_read_input_tokens: 3, input_tokens: 11, output_tokens: 7 },
};

/** A handler that waits until its turn is aborted. */
function hang({ signal }: WorkerTurn): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
}

describe('a worker bee', () => {
  test('registers with a hid of its own and what it declares', async () => {
    const nest = await startNest();
    const tools = [{ name: 'embed', description: 'Embeds', inputSchema: { type: 'object' } }];
    const options = { models: ['m'], tools, statefulness: 'stateful_session' as const, onPrompt: hang };
    const [first, second] = [await nest.worker(options), await nest.worker(options)];
    expect(first.hid).toMatch(/^wbee_[0-9a-f]{64}$/);
    expect(second.hid).not.toBe(first.hid);
    const bees = Object.values(await nest.bees());
    expect(bees.find(({ hid }) => hid === first.hid)).toMatchObject({
      // humd calls the tools of foragers only.
      bee: ['worker', 'forager'],
      models: ['m'],
      tools,
      propensity: { statefulness: 'stateful_session' },
    });
  });

  test('takes prompts that come right behind the breath', async () => {
    const nest = await startNest();
    const forager = await nest.forager();
    const ask = setInterval(() => forager.prompt('s', 'hi', { modelId: 'm' }), 0);
    try {
      await nest.worker({
        models: ['m'],
        async onPrompt(turn) {
          turn.send({ chi: 'finish' });
        },
      });
      await forager.next(is('finish'));
    } finally {
      clearInterval(ask);
    }
  });

  test('aborts the handler at cancel, finishes for it, and is mute about that turn afterwards', async () => {
    const nest = await startNest();
    const aborted: string[] = [];
    await nest.worker({
      models: ['m'],
      async onPrompt(turn) {
        turn.send({ chi: 'session-ready' });
        await hang(turn);
        aborted.push(turn.sid);
        turn.send({ chi: 'chunk', chunkType: 'text_delta', delta: 'too late' });
      },
    });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm' });
    await forager.next(is('session-ready'));
    forager.send({ chi: 'cancel', rid: 'c', sid: 'somebody else' });
    forager.send({ chi: 'cancel', rid: 'c', sid: 's' });
    expect(await forager.next(is('finish'))).toMatchObject(CANCELLED);
    await forager.settle();
    expect(aborted).toEqual(['s']);
    expect(forager.tones.some(is('chunk'))).toBe(false);
  });

  test('says worker_error for a handler that throws, and for one that gives no end', async () => {
    const nest = await startNest();
    await nest.worker({
      models: ['throws'],
      async onPrompt() {
        throw new Error('credit balance is too low');
      },
    });
    await nest.worker({ models: ['forgets'], async onPrompt() {} });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'throws' });
    const message = 'credit balance is too low';
    expect(await forager.next(is('error'))).toMatchObject({ code: 'worker_error', message, sid: 's' });
    forager.prompt('t', 'hi', { modelId: 'forgets' });
    expect(await forager.next(is('error'))).toMatchObject({ code: 'worker_error', sid: 't' });
  });

  test('gives a parked call up after its time', async () => {
    const nest = await startNest();
    const reasons: unknown[] = [];
    await nest.worker({
      models: ['m'],
      toolResultTimeoutMs: 20,
      async onPrompt(turn) {
        await turn.toolResult('never').catch((error: unknown) => reasons.push(error));
        turn.send({ chi: 'finish' });
      },
    });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm' });
    await forager.next(is('finish'));
    expect(reasons).toEqual([new Error('no result of the tool call within 0.02 s')]);
  });

  test('finishes what it is busy with when it is closed, twice if need be', async () => {
    const nest = await startNest();
    const worker = await nest.worker({
      models: ['m'],
      async onPrompt(turn) {
        turn.send({ chi: 'session-ready' });
        await turn.toolResult('never');
      },
    });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm' });
    await forager.next(is('session-ready'));
    await Promise.all([worker.close(), worker.close()]);
    expect(await forager.next(is('finish'))).toMatchObject(CANCELLED);
    await worker.close();
    await expect.poll(async () => Object.keys(await nest.bees())).toHaveLength(1);
  });

  test('dies in silence when it is killed', async () => {
    const nest = await startNest();
    const worker = await nest.worker({
      models: ['m'],
      async onPrompt(turn) {
        turn.send({ chi: 'session-ready' });
        await hang(turn);
        turn.send({ chi: 'finish' });
      },
    });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm' });
    await forager.next(is('session-ready'));
    worker.kill();
    await worker.closed;
    await expect.poll(async () => Object.keys(await nest.bees())).toHaveLength(1);
    await forager.settle();
    expect(forager.tones.at(-2)?.chi).toBe('session-ready');
  });

  test('aborts its handlers when the daemon goes', async () => {
    const nest = await startNest();
    let aborted: (() => void) | undefined;
    const done = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const worker = await nest.worker({
      models: ['m'],
      async onPrompt(turn) {
        turn.send({ chi: 'session-ready' });
        await hang(turn);
        aborted?.();
      },
    });
    const forager = await nest.forager();
    forager.prompt('s', 'hi', { modelId: 'm' });
    await forager.next(is('session-ready'));
    await nest.daemon.close();
    await Promise.all([worker.closed, done]);
  });

  test('cannot start where no daemon is, or where its hello is refused', async () => {
    const socketPath = `${temporaryFolder()}/thrum.sock`;
    const start = (path: string) =>
      startWorkerBee({ socketPath: path, hive: 'h', models: [], onPrompt: hang });
    await expect(start(socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
    const { daemon } = await startNest({ protoVersion: '1.0.0' });
    await expect(start(daemon.socketPath)).rejects.toThrow('the daemon closed the connection');
  });
});
