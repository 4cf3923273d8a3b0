/** When an upstream answers, and when it must not. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findOwnHive } from '../../src/run/own-address.js';
import { readWantedUpstream } from '../../src/run/wanted-upstream.js';
import { eventually } from '../eventually.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { startFakeUpstream } from './fake-upstream.js';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('thrum-bridge', () => {
  it('answers with an echo where there is only a key, which goes nowhere', async () => {
    const line = await runProgram([], { env: { OPENAI_API_KEY: 'sk-lonely' } }).startLine();
    expect(line).toContain('nothing but an echo answers');
  });

  it('has the upstream of OPENAI_API_BASE answer where there is no humd, and gives it the key', async () => {
    const upstream = await startFakeUpstream();
    const env = { OPENAI_API_BASE: upstream.base, OPENAI_API_KEY: 'sk-mine' };
    const line = await runProgram([], { env }).startLine();
    expect(line).toMatch(
      /nest: embedded \(no humd at .*\): http:\/\/127.0.0.1:\d+\/v1 answers \| models: llama3$/,
    );
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-mine']);
  });

  it('tells the upstream nothing that is meant for the openai package', async () => {
    const upstream = await startFakeUpstream();
    const env = {
      ...{ OPENAI_ORG_ID: 'org', OPENAI_PROJECT_ID: 'project', OPENAI_CUSTOM_HEADERS: 'x-leak: 1' },
      ...{ OPENAI_ADMIN_KEY: 'sk-admin', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' },
    };
    await runProgram(['--upstream', upstream.base], { env }).startLine();
    expect(upstream.requests.map(({ headers }) => Object.keys(headers).sort())).toEqual([
      ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'],
    ]);
  });

  it('passes on a request of many megabytes', { timeout: 60_000 }, async () => {
    const upstream = await startFakeUpstream();
    upstream.onChat = (answer) => {
      answer
        .delta({ content: String(JSON.stringify(answer.request.body?.['messages']).length) })
        .finish('stop');
    };
    const url = urlIn(await runProgram(['--upstream', upstream.base]).startLine());
    const messages = [{ role: 'user', content: 'x'.repeat(23 * 2 ** 20) }];
    const body = JSON.stringify({ model: 'llama3', stream: false, messages });
    const answer = await (await fetch(`${url}/api/chat`, { method: 'POST', body })).json();
    expect(answer).toMatchObject({ message: { content: String(JSON.stringify(messages).length) } });
  });

  it('has a model that its server has only just got, and asks for it not too often', async () => {
    const upstream = await startFakeUpstream();
    const url = urlIn(await runProgram(['--upstream', upstream.base]).startLine());
    const ask = async (model: string) => {
      const body = JSON.stringify({ model, stream: false, messages: [{ role: 'user', content: '?' }] });
      return (await fetch(`${url}/api/chat`, { method: 'POST', body })).status;
    };
    upstream.models = ['llama3', 'brand-new'];
    await eventually(async () => expect(await ask('brand-new')).toBe(200), 15_000);
    for (let asked = 0; asked < 10; asked++) expect(await ask(`unknown-${asked}`)).toBe(404);
    expect(upstream.requests.filter(({ path }) => path === '/v1/models').length).toBeLessThan(10);
  });

  it('offers the models of OPENAI_WORKER_MODELS, and starts without their server', async () => {
    const env = {
      OPENAI_API_BASE: `http://127.0.0.1:${await freePort()}/v1`,
      OPENAI_WORKER_MODELS: 'a, b/c',
    };
    const program = runProgram([], { env });
    expect(await program.startLine()).toMatch(
      / does not answer: the upstream cannot be reached \(ECONNREFUSED\) \| models: a, b\/c$/,
    );
    program.process.kill('SIGTERM');
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('the upstream cannot be reached (ECONNREFUSED)');
  });

  it("takes OpenAI's own API for models without a base", () => {
    const { base, models } = readWantedUpstream(undefined, { OPENAI_WORKER_MODELS: 'gpt-5' }) ?? {};
    expect([base, models]).toEqual(['https://api.openai.com/v1', ['gpt-5']]);
  });

  it('keeps the models that somebody wrote down besides', async () => {
    const upstream = await startFakeUpstream();
    const env = { OLLAMA_SERVER_MODELS: 'mine' };
    const line = await runProgram(['--upstream', upstream.base], { env }).startLine();
    expect(line).toMatch(/ \| models: llama3, mine \(no worker\)$/);
  });

  it('serves an upstream from several processes', async () => {
    const upstream = await startFakeUpstream();
    const url = urlIn(await runProgram(['--upstream', upstream.base, '--workers', '2']).startLine());
    const messages = [{ role: 'user', content: '?' }];
    const body = JSON.stringify({ model: 'llama3', stream: false, messages });
    const answer = await (await fetch(`${url}/api/chat`, { method: 'POST', body })).json();
    expect(answer).toMatchObject({ message: { content: 'hi' } });
  });

  it.each([
    'localhost',
    '127.0.0.1',
    '127.1',
    '127.8.8.8',
    '2130706433',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
  ])('refuses itself as its upstream, spelt %s', async (host) => {
    const port = await freePort();
    const env = { OLLAMA_SERVER_PORT: String(port) };
    const { exitCode, stderr } = await runProgram(['--upstream', `http://${host}:${port}/v1`], {
      env,
    }).ended();
    expect(exitCode).toBe(78);
    expect(stderr).toContain(
      `is ollama-server itself, which listens on 127.0.0.1:${port}: name another server`,
    );
  });

  it.each([
    { url: 'localhost:8000', why: 'must be an http or https address' },
    { url: 'http://user:pass@127.0.0.1:8000/v1', why: 'without user, query and fragment' },
    { url: 'http://127.0.0.1:8000/v1?key=1', why: 'must be an http or https address' },
  ])('refuses $url', async ({ url, why }) => {
    const { exitCode, stderr } = await runProgram(['--upstream', url]).ended();
    expect([exitCode, stderr]).toEqual([78, expect.stringContaining(why)]);
    expect(stderr).toContain('base (--upstream)');
  });

  it('refuses an upstream for a humd', async () => {
    const { exitCode, stderr } = await runProgram([
      '--nest',
      'hum',
      '--upstream',
      'http://127.0.0.1:1/v1',
    ]).ended();
    expect([exitCode, stderr]).toEqual([78, expect.stringContaining('leave --nest hum out')]);
  });
});

describe('an own address', () => {
  const hive = (host: string, port = 11434) => [{ kind: 'ollama-server', host, port }];

  it.each([
    ['http://127.0.0.1:11434/v1', '0.0.0.0'],
    ['http://localhost:11434', '::'],
    ['http://[::1]:11434', 'localhost'],
  ])('%s leads to a hive on %s', async (url, host) => {
    expect(await findOwnHive(url, hive(host))).toEqual(hive(host)[0]);
  });

  it('may be without a port', async () => {
    expect(await findOwnHive('http://localhost/v1', hive('127.0.0.1', 80))).toBeDefined();
  });

  it.each([
    ['http://127.0.0.1:11435/v1', '127.0.0.1', 11434],
    ['http://192.0.2.1:11434/v1', '127.0.0.1', 11434],
    ['http://192.0.2.1:11434/v1', '0.0.0.0', 11434],
    ['http://no-such-host.invalid:11434/v1', '127.0.0.1', 11434],
    ['http://127.0.0.1:11434/v1', '192.0.2.7', 11434],
    ['http://127.0.0.1/v1', '127.0.0.1', 0],
  ])('%s does not lead to a hive on %s:%i', async (url, host, port) => {
    expect(await findOwnHive(url, hive(host, port))).toBeUndefined();
  });
});
