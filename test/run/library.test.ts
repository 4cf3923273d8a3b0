import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmbedded } from '../../src/daemon/embedded.js';
import { type CreateBridgeOptions, createBridge, type MountedBridge } from '../../src/library.js';
import { script } from '../clients/embedded-bridge.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../temporary-folder.js';

async function openBridge(options: CreateBridgeOptions = {}): Promise<MountedBridge> {
  const config = { drainMs: 200, drainDelayMs: 0, ...options.config };
  const bridge = await createBridge({ nest: 'embedded', ...options, config });
  onTestFinished(() => bridge.close());
  await bridge.whenUp(5_000);
  return bridge;
}

function asking(content: string, more: object = {}): RequestInit {
  const messages = [{ role: 'user', content }];
  return { method: 'POST', body: JSON.stringify({ model: 'echo', messages, ...more }) };
}

const asRequest = (path: string, init?: RequestInit) => new Request(`http://localhost${path}`, init);

/** Goes on until it is told to stop. */
const ENDLESS = script({ n: 1_000_000, ms: 1 });

describe('a bridge within another program', () => {
  it('answers below the path that it is mounted at, whole and as a stream', async () => {
    const bridge = await openBridge();
    const host = new Hono();
    host.get('/', (c) => c.text('the host'));
    host.route('/llm', bridge.app);
    expect(await (await host.request('/')).text()).toBe('the host');
    const whole = await host.request('/llm/api/chat', asking('Why?', { stream: false }));
    expect(await whole.json()).toMatchObject({ message: { content: 'Why?' }, done: true });
    const stream = await host.request('/llm/v1/chat/completions', asking('Why not?', { stream: true }));
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect(stream.headers.has('transfer-encoding')).toBe(false);
    expect(await stream.text()).toMatch(/Why.*not\?.*\[DONE\]\n\n$/s);
    const unknown = await host.request('/llm/v1/chat/completions', asking('Why?', { model: 'other' }));
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: { code: 'model_not_found' } });
    const head = await host.request('/llm/api/version', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const unclean = await host.request('/llm/api/version/');
    expect([unclean.status, unclean.headers.get('location')]).toEqual([301, '/llm/api/version']);
    expect((await host.request('/api/version')).status).toBe(404);
  });

  it('answers Fetch requests of any server, large ones too, and several at once', async () => {
    const { fetch } = await openBridge();
    const content = 'a'.repeat(1_500_000);
    const answers = await Promise.all(
      [content, 'one', 'two'].map(async (text) => {
        const answer = await fetch(asRequest('/api/chat', asking(text, { stream: false })));
        return toContent(await answer.json());
      }),
    );
    expect(answers).toEqual([content, 'one', 'two']);
    const mounted = new Hono().mount('/below', fetch);
    expect(await (await mounted.request('/below/api/version')).json()).toHaveProperty('version');
  });

  it('takes a body that something before it has read already', async () => {
    const bridge = await openBridge();
    const host = new Hono();
    host.use(async (c, next) => {
      expect(await c.req.json()).toHaveProperty('model', 'echo');
      await next();
    });
    host.route('/', bridge.app);
    const answer = await host.request('/v1/chat/completions', asking('Why?'));
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'Why?' } }] });
  });

  it('stops the turn of a reader that leaves, by its body, its signal or its connection', async () => {
    const bridge = await openBridge();
    const body = (await bridge.fetch(asRequest('/api/chat', asking(ENDLESS)))).body;
    const reader = body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
    const leaving = new AbortController();
    const init = { ...asking(ENDLESS), signal: leaving.signal };
    await (await bridge.fetch(asRequest('/api/chat', init))).body?.getReader().read();
    leaving.abort();
    const server = createAdaptorServer(bridge.app);
    const url = await listen(server);
    const over = new AbortController();
    const answer = await fetch(`${url}/api/chat`, { ...asking(ENDLESS), signal: over.signal });
    await answer.body?.getReader().read();
    over.abort();
    await eventually(() => expect(bridge.status().live).toEqual([]));
    expect(bridge.status()).toMatchObject({ sessions: { running: 0 }, turns: { total: 3 } });
  });

  it('holds a turn up whose reader reads nothing', async () => {
    const bridge = await openBridge();
    const stream = await bridge.fetch(
      asRequest('/api/chat', asking(script({ n: 2_000, pad: 200, dialect: 'part' }))),
    );
    await eventually(() => expect(bridge.status().bufferedBytes).toBeGreaterThan(10_000));
    const text = await stream.text();
    expect(text.match(/t\d+\.{200} /g)?.length).toBe(2_000);
    expect(text.endsWith('}\n') && text.slice(-400).includes('"done":true')).toBe(true);
  });

  it('knows the clients of a server of Node, and takes nobody else for an operator', async () => {
    const bridge = await openBridge({ config: { hosts: ['app.example'] } });
    const host = new Hono().route('/llm', bridge.app);
    const url = await listen(createAdaptorServer(host));
    expect((await fetch(`${url}/llm/ui/api/status`)).status).toBe(200);
    const page = await (await fetch(`${url}/llm/ui`)).text();
    const parts = [...page.matchAll(/(?:href|src)="([^"]*\/ui\/[^"]+)"/g)].map(([, path]) => path);
    expect(parts).toEqual(['/llm/ui/page.css', '/llm/ui/main.js']);
    expect((await fetch(`${url}/llm/ui/main.js`)).status).toBe(200);
    const forwarded = await fetch(`${url}/llm/ui/api/status`, { headers: { 'x-forwarded-for': '10.0.0.1' } });
    expect(forwarded.status).toBe(403);
    expect((await bridge.fetch(asRequest('/ui/api/status'))).status).toBe(403);
    expect((await bridge.fetch(new Request('http://app.example/api/version'))).status).toBe(200);
    const other = await bridge.fetch(new Request('http://other.example/v1/models'));
    expect(other.status).toBe(403);
    expect(await other.text()).toContain('add it to config.hosts');
  });

  it('asks for the keys that it is given', async () => {
    const { fetch } = await openBridge({ config: { apiKey: 'a-key' } });
    expect((await fetch(asRequest('/v1/models'))).status).toBe(401);
    const headers = { authorization: 'Bearer a-key' };
    expect((await fetch(asRequest('/v1/models', { headers }))).status).toBe(200);
  });

  it('is in front of the humd that it is given, with an identity and a journal where they are wanted', async () => {
    const humd = await startEmbedded({ models: [] });
    onTestFinished(() => humd.close());
    const folder = temporaryFolder();
    const given = {
      nest: { socket: humd.socketPath, roster: humd.beesPath },
      keyFile: join(folder, 'bridge.key'),
      journalFolder: join(folder, 'journal'),
    };
    const first = await openBridge(given);
    await (await first.fetch(asRequest('/api/chat', asking('Why?')))).text();
    await first.close();
    expect(readdirSync(given.journalFolder)).toHaveLength(1);
    const second = await openBridge(given);
    expect(second.status().hid).toBe(first.status().hid);
    expect(second.status().link).toMatchObject({ state: 'up', to: 'humd' });
  });

  it('is in front of an OpenAI-compatible server', async () => {
    const upstream = await openBridge();
    const base = `${await listen(createAdaptorServer(upstream.app))}/v1`;
    const bridge = await openBridge({ nest: { upstream: base } });
    const answer = await bridge.fetch(asRequest('/v1/messages', { ...asking('Why?', { max_tokens: 99 }) }));
    expect(await answer.json()).toMatchObject({ content: [{ type: 'text', text: 'Why?' }] });
  });

  it('refuses options that mean nothing, in words that say what to write', async () => {
    const wrong = (options: object) =>
      createBridge(options).catch((error: Error) => `${error.name}: ${error.message}`);
    expect(await wrong({ nest: 'embeded' })).toBe(
      "ConfigError: nest must be 'hum', 'auto', 'embedded', {socket} or {upstream}",
    );
    expect(await wrong({ nest: { socket: 'humd.sock' } })).toContain('nest.socket must be an absolute path');
    expect(await wrong({ nest: 'embedded', keyFile: 'a.key' })).toContain('keyFile must be an absolute path');
    expect(await wrong({ nest: 'embedded', hive: 'olama-server' })).toContain('did you mean ollama-server?');
    expect(await wrong({ nest: 'embedded', config: { modells: [] } })).toContain('did you mean models?');
    expect(await wrong({ nest: 'embedded', config: { port: 80 } })).toContain('config.port is no key');
    expect(await wrong({ nest: 'embedded', config: { drainMs: -1 } })).toContain('config.drainMs must be');
  });

  it('refuses what comes after its end, and leaves no listener behind in the process', async () => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'uncaughtException', 'unhandledRejection'];
    const counts = () => signals.map((name) => process.listenerCount(name));
    const before = counts();
    const bridge = await openBridge();
    expect(counts()).toEqual(before);
    const running = await bridge.fetch(asRequest('/api/chat', asking(ENDLESS)));
    await bridge.close();
    await bridge.close();
    expect(await running.text().catch(() => 'cut')).toMatch(/"error":.*|cut/s);
    expect((await bridge.fetch(asRequest('/api/version'))).status).toBe(503);
    expect(counts()).toEqual(before);
  });
});

/** Of an answer of `/api/chat`. */
function toContent(answer: unknown): unknown {
  expect(answer).toMatchObject({ message: {} });
  return JSON.parse(JSON.stringify(answer)).message.content;
}

async function listen(server: ServerType): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it listens on no port');
  return `http://127.0.0.1:${address.port}`;
}
