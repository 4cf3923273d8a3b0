/** Who may use a bridge, as its user configured it. */
import { writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/hive/config-error.js';
import { head, rawExchange } from '../http/raw-exchange.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A bridge without a daemon. */
function start(env: Readonly<Record<string, string>>, kind = 'ollama-server') {
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  return startTestBridge({ place, env, kind }, false);
}

const ask = (url: string, ...fields: readonly string[]) =>
  rawExchange(url, head('GET /api/version HTTP/1.1', ...fields));

describe('a bridge', () => {
  it('answers to the names of this machine and to those that are configured', async () => {
    const { url } = await start({ OLLAMA_SERVER_HOSTS: 'chat.example.com, *.example.net' });
    for (const host of ['localhost:1', hostname(), 'CHAT.example.com', 'a.example.net'])
      expect((await ask(url, `host: ${host}`)).status).toBe(200);
    for (const host of ['example.net', 'evil.example', '203.0.113.9'])
      expect((await ask(url, `host: ${host}`)).status).toBe(403);
  });

  it('answers a client that connects to 0.0.0.0 or to a private address, as ollama-python does with OLLAMA_HOST=0.0.0.0', async () => {
    const { url } = await start({});
    for (const host of [
      '0.0.0.0:11434',
      '[::]:11434',
      '192.168.7.7:11434',
      '10.0.2.2',
      '[fd12:3456::1]:11434',
    ])
      expect((await ask(url, `host: ${host}`)).status).toBe(200);
    for (const host of ['0.0.0.0.evil.example', '192.168.7.7.nip.io', '8.8.8.8'])
      expect((await ask(url, `host: ${host}`)).status).toBe(403);
  });

  it('asks for no key where none is configured, and takes one that a client presents all the same', async () => {
    const { url } = await start({});
    for (const fields of [[], ['authorization: Bearer a'], ['x-api-key: a']])
      expect((await ask(url, 'host: localhost', ...fields)).status).toBe(200);
  });

  it('answers to every address of this machine where it listens on all of them', async () => {
    const { url } = await start({ OLLAMA_SERVER_HOST: '0.0.0.0' });
    const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list);
    for (const { address, family } of addresses) {
      const host = family === 'IPv6' ? `[${address}]` : address;
      expect((await ask(url, `host: ${host}`)).status).toBe(200);
    }
    expect((await ask(url, 'host: 203.0.113.9')).status).toBe(403);
    expect((await ask(url, 'host: evil.example')).status).toBe(403);
  });

  it.each([
    ['ollama-server', 'OLLAMA_SERVER_HOSTS', 'OLLAMA_SERVER_ORIGINS'],
    ['openai-server', 'OPENAI_SERVER_HOSTS', 'OPENAI_SERVER_ORIGINS'],
  ])('of the hive %s says which of its settings to set', async (kind, hosts, origins) => {
    const { url } = await start({}, kind);
    expect((await ask(url, 'host: evil.example')).body).toContain(hosts);
    expect((await ask(url, 'host: localhost', 'origin: https://evil.example')).body).toContain(origins);
  });

  it('answers pages of the origins that are configured', async () => {
    const { url } = await start({ OLLAMA_SERVER_ORIGINS: 'https://chat.example.com,chrome-extension://*' });
    for (const origin of ['https://chat.example.com', 'chrome-extension://abc', 'http://localhost:9']) {
      const { headers } = await ask(url, 'host: localhost', `origin: ${origin}`);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
    }
    expect((await ask(url, 'host: localhost', 'origin: https://example.com')).status).toBe(403);
  });

  it('takes its keys from a file', async () => {
    const path = join(temporaryFolder(), 'keys');
    writeFileSync(path, '# two keys\none\ntwo\n');
    const { url } = await start({ OLLAMA_SERVER_API_KEY: `@${path}` });
    expect((await ask(url, 'host: localhost', 'authorization: Bearer two')).status).toBe(200);
    for (const key of ['three', `@${path}`, '# two keys'])
      expect((await ask(url, 'host: localhost', `authorization: Bearer ${key}`)).status).toBe(401);
  });

  it.each([
    ['OLLAMA_SERVER_HOSTS', 'a.example,https://b.example', 'hosts has "https://b.example" in it'],
    ['OLLAMA_SERVER_HOSTS', '*', 'hosts has "*" in it'],
    ['OLLAMA_SERVER_ORIGINS', 'chat.example.com', 'origins has "chat.example.com" in it'],
    ['OLLAMA_SERVER_API_KEY', '@/does/not/exist', 'apiKey: the file /does/not/exist cannot be read'],
  ])('does not start where %s is %j', async (name, value, message) => {
    const starting = start({ [name]: value }).catch((error: unknown) => error);
    const error = await starting;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });
});
