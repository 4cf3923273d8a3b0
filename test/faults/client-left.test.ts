/** A client that leaves is nobody's mistake: whatever its request waits for then, no trace of an error is left anywhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startWorkerBee } from '../../src/daemon/worker/worker-bee.js';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import type { Bridge } from '../../src/run/bridge.js';
import { Nest } from '../../src/thrum/nest.js';
import { EMBEDDING_MODEL, startEmbedder } from '../http/ollama/start-embedder.js';
import { eventually } from '../eventually.js';
import { chat, script } from '../front-door/world.js';
import { readableLog } from '../log-lines.js';
import { startTestBridge } from '../running-bridge.js';
import { startRedis } from '../shared/redis-server.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Humd, startHumd } from './humd.js';

const MODEL = 'claude-sonnet-4';
const SLOW = script({ n: 1_000, ms: 20 });
const message = (content: string) => ({ role: 'user', content });

/** What the client of each route asks for a long answer with. */
const ROUTES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/api/chat': chat(SLOW),
  '/api/generate': { model: MODEL, prompt: SLOW },
  '/v1/chat/completions': chat(SLOW),
  '/v1/completions': { model: MODEL, prompt: SLOW },
  '/v1/responses': { model: MODEL, input: SLOW },
  '/v1/messages': { ...chat(SLOW), max_tokens: 9 },
};

interface World {
  readonly bridge: Bridge;
  readonly humd: Humd;
  /** Sends a request, whose client leaves with `leave`. */
  ask(path: string, body: unknown): void;
  leave(): void;
  /** Once nothing runs any more: how the turns ended, as the journal has it, after all traces of errors were looked for. */
  outcomes(): Promise<readonly unknown[]>;
}

async function startWorld(config: Partial<HiveConfig> = {}, redisUrl?: string): Promise<World> {
  const humd = await startHumd();
  const { log, lines } = readableLog('debug');
  const journalFolder = temporaryFolder();
  const faults: unknown[] = [];
  const bridge = await startTestBridge({
    place: humd.place,
    log,
    journalFolder,
    config,
    observers: [{ end: (_, { fault }) => void (fault && faults.push(fault)) }],
    ...(redisUrl === undefined ? {} : { redisUrl }),
  });
  const client = new AbortController();
  const answers: Promise<unknown>[] = [];
  return {
    bridge,
    humd,
    ask(path, body) {
      const init = { method: 'POST', body: JSON.stringify(body), signal: client.signal };
      answers.push(fetch(bridge.url + path, init).then((response) => response.text()));
    },
    leave: () => client.abort(),
    async outcomes() {
      expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(
        answers.map(() => 'rejected'),
      );
      await eventually(() => {
        expect(bridge.status().live).toEqual([]);
        expect(bridge.status().sessions).toMatchObject({ running: 0, waiting: 0 });
      });
      let metrics = '';
      await eventually(async () => {
        metrics = await (await fetch(`${bridge.url}/metrics`)).text();
        expect(postsIn(metrics)).toBe(answers.length);
      });
      expect(metrics).not.toMatch(/outcome="(?!left)/);
      expect(metrics).not.toMatch(/http_requests_total\{[^}]*status="[45]/);
      const usage = await (await fetch(`${bridge.url}/v1/usage`)).json();
      expect(JSON.stringify(usage)).not.toMatch(/"failed_turns":[1-9]/);
      await bridge.close();
      const { recentFaults, turns } = bridge.status();
      expect(recentFaults).toEqual([]);
      expect(Object.keys(turns.byOutcome).filter((outcome) => outcome !== 'left')).toEqual([]);
      expect(faults).toEqual([]);
      const levels = lines.filter(({ level, msg }) => level >= 30 && !/link|humd|redis/i.test(msg));
      expect(levels).toEqual([]);
      const journal = readdirSync(journalFolder).flatMap((name) =>
        readFileSync(join(journalFolder, name), 'utf8').trimEnd().split('\n'),
      );
      return journal.map((line) => {
        const { kind, outcome } = JSON.parse(line);
        return kind ?? outcome;
      });
    },
  };
}

/** How many posts were answered, or are over because their clients have left. */
function postsIn(metrics: string): number {
  const counts = metrics.matchAll(/^thrum_bridge_http_requests_total\{method="POST"[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

const live = (world: World) => world.bridge.status().live;
const states = (world: World) => live(world).map(({ state }) => state);

describe('a client that leaves', () => {
  it.each(
    Object.entries(ROUTES).flatMap(([path, body]) =>
      [true, false].map((stream) => ({ path, stream, body: { ...body, stream } })),
    ),
  )('in the middle of its answer: $path, stream: $stream', async ({ path, body }) => {
    const world = await startWorld();
    world.ask(path, body);
    await eventually(() => expect(states(world)).toEqual(['answering']));
    world.leave();
    expect(await world.outcomes()).toEqual(['left']);
  });

  it.each(['/v1/chat/completions', '/v1/completions'])('in the middle of three answers: %s', async (path) => {
    for (const stream of [true, false]) {
      const world = await startWorld();
      world.ask(path, { ...ROUTES[path], n: 3, stream });
      await eventually(() => expect(states(world)).toEqual(['answering', 'answering', 'answering']));
      world.leave();
      expect(await world.outcomes()).toEqual(['left', 'left', 'left']);
    }
  });

  it.each(Object.entries(ROUTES))('while it waits for a place at the gate: %s', async (path, body) => {
    const world = await startWorld({ maxTurns: 1 });
    world.ask(path, body);
    await eventually(() => expect(states(world)).toEqual(['answering']));
    world.ask(path, body);
    await eventually(() => expect(world.bridge.status().sessions.waiting).toBe(1));
    world.leave();
    expect(await world.outcomes()).toEqual(['left', 'left']);
  });

  it('while its worker has no room', async () => {
    const world = await startWorld({ turnsPerWorker: { echo: 1 } });
    world.ask('/api/chat', chat(SLOW));
    await eventually(() => expect(states(world)).toEqual(['answering']));
    world.ask('/api/chat', chat(SLOW));
    await eventually(() => expect(world.bridge.status().sessions.waiting).toBe(1));
    world.leave();
    expect(await world.outcomes()).toEqual(['left', 'left']);
  });

  it.each([
    ['that is known', [{ name: MODEL, alias: [] }]],
    ['that nobody knows without it', []],
  ])('while it waits for the link, with a model %s', async (_, models) => {
    for (const [path, body] of Object.entries(ROUTES)) {
      const world = await startWorld({ models, readyTimeoutMs: 60_000 });
      await world.humd.stop();
      await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
      const asked = vi.spyOn(Nest.prototype, 'resolveModel');
      onTestFinished(() => void vi.restoreAllMocks());
      world.ask(path, body);
      await eventually(() => expect(asked).toHaveBeenCalledTimes(1));
      if (models.length > 0) await eventually(() => expect(states(world)).toEqual(['queued']));
      asked.mockRestore();
      world.leave();
      // No turn begins before its model is known.
      expect(await world.outcomes()).toEqual(models.length > 0 ? ['left'] : []);
    }
  });

  it('while an earlier answer is looked up', async () => {
    const redis = await startRedis();
    const world = await startWorld({ answerCacheTtlMs: 60_000 }, redis.url);
    redis.pause();
    world.ask('/v1/chat/completions', chat(SLOW, { temperature: 0 }));
    await eventually(() => expect(states(world)).toEqual(['queued']));
    world.leave();
    redis.resume();
    expect(await world.outcomes()).toEqual(['left']);
  });

  it('before its worker has said anything', async () => {
    for (const quiet of [{ hang: true }, { silent: true }]) {
      const world = await startWorld();
      world.ask('/v1/chat/completions', chat(script(quiet)));
      await eventually(() => expect(states(world)).toEqual(['sent']));
      world.leave();
      expect(await world.outcomes()).toEqual(['left']);
    }
  });

  it.each([
    ['/v1/chat/completions', { messages: [message('hi')], response_format: { type: 'json_object' } }],
    ['/v1/responses', { input: 'hi', text: { format: { type: 'json_object' } } }],
    ['/api/chat', { messages: [message('hi')], format: 'json', stream: false }],
  ])('in the second try of an answer that was no JSON: %s', async (path, body) => {
    const world = await startWorld();
    let prompts = 0;
    const worker = await startWorkerBee({
      socketPath: world.humd.place.socketPath,
      hive: 'mumbling',
      models: ['mumbling'],
      onPrompt: async (turn) => {
        if (++prompts === 1) turn.send({ chi: 'finish', finishReason: 'stop' });
        else await new Promise((resolve) => turn.signal.addEventListener('abort', resolve));
      },
    });
    onTestFinished(() => worker.close());
    world.ask(path, { model: 'mumbling', ...body });
    await eventually(() => expect(prompts).toBe(2));
    world.leave();
    expect(await world.outcomes()).toEqual(['left']);
  });

  it.each(['/api/embed', '/api/embeddings', '/v1/embeddings'])(
    'while its embedding is made, which is no turn: %s',
    async (path) => {
      const world = await startWorld();
      const { socketPath } = world.humd.place;
      const calls = await startEmbedder(socketPath, () => new Promise(() => undefined));
      world.ask(path, { model: EMBEDDING_MODEL, input: 'a', prompt: 'a' });
      await eventually(() => expect(calls).toHaveLength(1));
      world.leave();
      expect(await world.outcomes()).toEqual([]);
    },
  );
});
