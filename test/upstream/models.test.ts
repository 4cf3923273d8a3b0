import { Ollama } from 'ollama';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { startFakeUpstream } from './fake-upstream.js';
import { chat, startUpstreamWorld } from './upstream-world.js';

async function tags(url: string): Promise<readonly string[]> {
  const { models } = await new Ollama({ host: url }).list();
  return models.map(({ model }) => model);
}

function keepingLog() {
  const lines: string[] = [];
  return { lines, log: pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) }) };
}

describe('the models of the upstream worker', () => {
  it('are those of the upstream, and can be asked for', async () => {
    const { url, post } = await startUpstreamWorld({
      prepare: (upstream) => {
        upstream.models = ['llama3', 'org/model:8b'];
      },
      config: { models: [] },
    });
    expect(await tags(url)).toEqual(['llama3:latest', 'org/model:8b']);
    const answer = await (
      await post('/api/chat', chat('?', { model: 'org/model:8b', stream: false }))
    ).json();
    expect(answer).toMatchObject({ message: { content: 'hi' } });
  });

  it('are asked for again, and told to the mesh only when they have changed', async () => {
    const { upstream, url, hellos } = await startUpstreamWorld({
      limits: { refreshMs: 20 },
      config: { models: [], rosterTtlMs: 50 },
    });
    const asked = () => upstream.requests.filter(({ path }) => path === '/v1/models').length;
    const before = asked();
    await eventually(() => expect(asked()).toBeGreaterThan(before + 3));
    const workers = () => hellos.filter(({ hive }) => hive === 'upstream-worker');
    expect(workers()).toHaveLength(1);
    upstream.models = ['mistral'];
    await eventually(async () => expect(await tags(url)).toEqual(['mistral:latest']));
    expect(workers()).toHaveLength(2);
  });

  it('are those that are configured, without a look at what the upstream has', async () => {
    const { url, upstream } = await startUpstreamWorld({
      bee: { models: ['mine', 'mine', 'yours'] },
      config: { models: [] },
    });
    expect(await tags(url)).toEqual(['mine:latest', 'yours:latest']);
    expect(upstream.models).toEqual(['llama3']);
  });

  it('come when the upstream does; until then the log has one warning', async () => {
    const { port, base, close } = await startFakeUpstream();
    await close();
    const { lines, log } = keepingLog();
    const { url, bee } = await startUpstreamWorld({
      base,
      limits: { refreshMs: 20 },
      config: { models: [], rosterTtlMs: 50 },
      log,
    });
    expect(bee.models).toEqual([]);
    const late = await startFakeUpstream(port);
    late.models = ['late'];
    await eventually(async () => expect(await tags(url)).toEqual(['late:latest']));
    const warnings = lines.filter((line) => line.includes('models are not known'));
    expect(warnings).toEqual(['its models are not known: the upstream cannot be reached (ECONNREFUSED)']);
    await late.close();
    await eventually(() => expect(lines.at(-1)).toBe(warnings[0]));
    // It may be back in a moment, and whoever asks before that is told what is wrong.
    expect(await tags(url)).toEqual(['late:latest']);
  });
});
