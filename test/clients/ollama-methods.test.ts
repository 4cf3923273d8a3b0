/** Every method of npm `ollama` but chat, whose turns are in ollama.test.ts, and those that go to ollama.com. */
import { Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { startWorld } from '../front-door/world.js';
import { EMBEDDING_MODEL, startEmbedder } from '../http/ollama/start-embedder.js';
import { script } from './embedded-bridge.js';

const MODEL = 'claude-sonnet-4';
const inHum = (action: string) => ({
  name: 'ResponseError',
  status_code: 501,
  message: `models live in hum: this server cannot ${action}`,
});

async function start() {
  const world = await startWorld();
  return { world, ollama: new Ollama({ host: world.url }) };
}

/** With a bee that embeds, as soon as its model is known. */
async function startWithEmbedder() {
  const { world, ollama } = await start();
  const calls = await startEmbedder(world.daemon().socketPath);
  await eventually(async () => {
    const { models } = await ollama.list();
    expect(models.map(({ name }) => name)).toContain(`${EMBEDDING_MODEL}:latest`);
  });
  return { ollama, calls };
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe('npm ollama', () => {
  it('list', async () => {
    const { ollama } = await start();
    const { models } = await ollama.list();
    expect(models.find(({ model }) => model === `${MODEL}:latest`)).toMatchObject({
      name: `${MODEL}:latest`,
      size: 1,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: { format: 'gguf', family: 'claude', families: ['claude'] },
    });
  });

  it('show', async () => {
    const { ollama } = await start();
    const shown = await ollama.show({ model: MODEL });
    expect(shown.capabilities).toEqual(['completion', 'tools', 'vision', 'thinking']);
    expect(shown.model_info).toMatchObject({
      'general.architecture': 'claude',
      'claude.context_length': 200_000,
    });
    expect(shown.template).toContain('tools');
    await expect(ollama.show({ model: 'nope' })).rejects.toMatchObject({
      status_code: 404,
      message: "model 'nope:latest' not found",
    });
  });

  it('ps, after a chat and after an unload', async () => {
    const { ollama } = await start();
    expect((await ollama.ps()).models).toEqual([]);
    const askedAt = Date.now();
    await ollama.chat({ model: MODEL, messages: [{ role: 'user', content: 'hi' }], keep_alive: '10m' });
    const answeredAt = Date.now();
    const [loaded] = (await ollama.ps()).models;
    expect(loaded).toMatchObject({ name: `${MODEL}:latest`, size_vram: 1 });
    const expiresAt = Date.parse(String(loaded?.expires_at));
    expect(expiresAt).toBeGreaterThanOrEqual(askedAt + 600_000);
    expect(expiresAt).toBeLessThanOrEqual(answeredAt + 600_000);
    const unloaded = await ollama.generate({ model: MODEL, prompt: '', keep_alive: 0 });
    expect(unloaded.done_reason).toBe('unload');
    expect((await ollama.ps()).models).toEqual([]);
  });

  it('version (trap 15: plain numbers, new enough for every client)', async () => {
    const { ollama } = await start();
    const { version } = await ollama.version();
    const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? [];
    expect(Number(major) * 1_000 + Number(minor)).toBeGreaterThanOrEqual(14);
  });

  it('generate, with an image, whole and streamed', async () => {
    const { ollama } = await start();
    const images = [Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])];
    const whole = await ollama.generate({ model: MODEL, prompt: 'What is this?', images: [...images] });
    expect(whole.response).toBe('What is this?');
    const lines = await collect(await ollama.generate({ model: MODEL, prompt: 'a b', stream: true }));
    expect(lines.map(({ response }) => response).join('')).toBe('a b');
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'stop' });
  });

  it('chat, with thinking and without', async () => {
    const { ollama } = await start();
    const messages = [{ role: 'user', content: script({ reason: ['hm'], say: ['yes'] }) }];
    const thinking = await ollama.chat({ model: MODEL, messages, think: 'high' });
    expect(thinking.message).toMatchObject({ content: 'yes', thinking: 'hm' });
    const plain = await ollama.chat({ model: MODEL, messages, think: false });
    expect(plain.message).toEqual({ role: 'assistant', content: 'yes' });
  });

  it('pull, of a model that is there', async () => {
    const { ollama } = await start();
    expect(await ollama.pull({ model: MODEL })).toEqual({ status: 'success' });
    const lines = await collect(await ollama.pull({ model: MODEL, stream: true }));
    expect(lines.map(({ status }) => status)).toEqual([
      'pulling manifest',
      expect.stringMatching(/^pulling [0-9a-f]{12}$/),
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ]);
    expect(lines[1]).toMatchObject({
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      total: 1,
      completed: 1,
    });
  });

  it('pull, of one that is not', async () => {
    const { ollama } = await start();
    const text = 'pull model manifest: file does not exist';
    await expect(ollama.pull({ model: 'nope' })).rejects.toMatchObject({ status_code: 500, message: text });
    const lines = await ollama.pull({ model: 'nope', stream: true });
    await expect(collect(lines)).rejects.toThrow(text);
  });

  it('push', async () => {
    const { ollama } = await start();
    await expect(ollama.push({ model: MODEL })).rejects.toMatchObject(inHum('push a model'));
    await expect(ollama.push({ model: MODEL, stream: true })).rejects.toMatchObject(inHum('push a model'));
    const lines = await ollama.push({ model: 'nope', stream: true });
    await expect(collect(lines)).rejects.toThrow("model 'nope' not found");
  });

  it('create', async () => {
    const { ollama } = await start();
    const request = { model: 'mine', from: MODEL, system: 'be brief' };
    await expect(ollama.create(request)).rejects.toMatchObject(inHum('create a model'));
    await expect(ollama.create({ ...request, stream: true })).rejects.toMatchObject(inHum('create a model'));
  });

  it('copy', async () => {
    const { ollama } = await start();
    await expect(ollama.copy({ source: MODEL, destination: 'mine' })).rejects.toMatchObject(
      inHum('copy a model; an alias of it can be configured'),
    );
    await expect(ollama.copy({ source: 'nope', destination: 'mine' })).rejects.toMatchObject({
      status_code: 404,
      message: 'model "nope" not found',
    });
  });

  it('delete', async () => {
    const { ollama } = await start();
    await expect(ollama.delete({ model: MODEL })).rejects.toMatchObject(inHum('delete a model'));
    await expect(ollama.delete({ model: 'nope' })).rejects.toMatchObject({ status_code: 404 });
    expect((await ollama.list()).models.map(({ name }) => name)).toContain(`${MODEL}:latest`);
  });

  it('embed', async () => {
    const { ollama, calls } = await startWithEmbedder();
    const answer = await ollama.embed({ model: EMBEDDING_MODEL, input: ['', 'four'], dimensions: 2 });
    expect(answer).toMatchObject({
      model: EMBEDDING_MODEL,
      embeddings: [
        [0, 1],
        [4 / Math.sqrt(17), 1 / Math.sqrt(17)],
      ],
      prompt_eval_count: 2,
    });
    expect(answer.total_duration).toBeGreaterThan(0);
    expect(calls.map((call) => call['args'])).toEqual([
      { model: EMBEDDING_MODEL, input: ['', 'four'], dimensions: 2 },
    ]);
  });

  it('embeddings', async () => {
    const { ollama } = await startWithEmbedder();
    const answer = await ollama.embeddings({ model: EMBEDDING_MODEL, prompt: 'four' });
    expect(answer).toEqual({ embedding: [4, 1, 0] });
  });

  it('embed, where no bee makes embeddings', async () => {
    const { ollama } = await start();
    const asking = ollama.embed({ model: MODEL, input: 'x' });
    await expect(asking).rejects.toMatchObject({
      status_code: 501,
      message: expect.stringContaining("the tool 'embed'"),
    });
    await expect(ollama.embed({ model: 'nope', input: 'x' })).rejects.toMatchObject({
      status_code: 404,
      message: 'model "nope" not found, try pulling it first',
    });
  });

  it('chat, in JSON that fits a schema', async () => {
    const { ollama } = await start();
    const messages = [{ role: 'user', content: script({ say: ['Here: ```json\n{"a"', ':1}\n```'] }) }];
    const format = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };
    const whole = await ollama.chat({ model: MODEL, messages, format });
    expect(JSON.parse(whole.message.content)).toEqual({ a: 1 });
    const lines = await collect(await ollama.chat({ model: MODEL, messages, format: 'json', stream: true }));
    expect(JSON.parse(lines.map(({ message }) => message.content).join(''))).toEqual({ a: 1 });
  });
});
