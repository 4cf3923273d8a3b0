import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { startWorld } from '../../front-door/world.js';
import { runProgram, urlIn } from '../../program/run-program.js';
import { head, rawExchange } from '../raw-exchange.js';

/** All that the page consists of. */
const FILES = readdirSync('src/http/ui/page').filter((name) => name !== 'index.html');

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

describe('GET /ui', () => {
  it('is a page that may load nothing but its own parts, and be shown in no frame', async () => {
    const { url } = await startWorld();
    for (const path of ['/ui', '/ui/', ...FILES.map((name) => `/ui/${name}`)]) {
      const answer = await fetch(url + path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cache-control': 'no-cache',
        etag: expect.stringMatching(/^".{43}"$/),
      });
      expect(await answer.text()).not.toMatch(/https?:\/\/|innerHTML|style="/);
    }
    const types = ['', '/page.css', '/main.js'].map(async (part) =>
      (await fetch(`${url}/ui${part}`)).headers.get('content-type'),
    );
    expect(await Promise.all(types)).toEqual([
      'text/html; charset=utf-8',
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  it('names only parts that there are', async () => {
    const { url } = await startWorld();
    const texts = await Promise.all(
      ['', ...FILES.map((name) => `/${name}`)].map(async (part) => (await fetch(`${url}/ui${part}`)).text()),
    );
    const named = texts.flatMap((text) => [
      ...[...text.matchAll(/(?:href|src)="\/ui\/([^"]+)"/g)].map(([, name]) => name),
      ...[...text.matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => name),
    ]);
    expect(new Set(named)).toEqual(new Set(FILES));
  });

  it('is not sent again to whoever has it, and has no body for HEAD', async () => {
    const { url } = await startWorld();
    const etag = (await fetch(`${url}/ui`)).headers.get('etag') ?? '';
    const again = await fetch(`${url}/ui`, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const bare = await fetch(`${url}/ui`, { method: 'HEAD' });
    expect([bare.status, bare.headers.get('etag'), await bare.text()]).toEqual([200, etag, '']);
  });

  it('answers other methods and unknown parts with an error', async () => {
    const { url } = await startWorld();
    const posted = await fetch(`${url}/ui`, { method: 'POST', body: '{}' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    for (const path of ['/ui/index.html', '/ui/nothing.js', '/ui/..%2fsurface.ts', '/ui/a/b']) {
      const answer = await fetch(url + path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.json()).toMatchObject({ error: { code: 'not-found' } });
    }
  });

  it('needs no key on this machine, while everything that it asks does', async () => {
    const { url } = await startWorld({ config: { apiKey: 'k' } });
    const statusOf = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      (await fetch(url + path, { headers, method })).status;
    expect(await statusOf('/ui')).toBe(200);
    expect(await statusOf('/ui/main.js')).toBe(200);
    expect(await statusOf('/ui', {}, 'POST')).toBe(401);
    expect(await statusOf('/ui/api/status')).toBe(401);
    expect(await statusOf('/ui/api/tones?request=ui-0123456789abcdef')).toBe(401);
    const proxied = { 'x-forwarded-for': '10.0.0.1' };
    expect(await statusOf('/ui', proxied)).toBe(401);
    expect(await statusOf('/ui', { ...proxied, authorization: 'Bearer k' })).toBe(200);
  });

  it('is not for other machines where there are no keys', async () => {
    const { url } = await startWorld();
    const answer = await fetch(`${url}/ui`, { headers: { 'x-forwarded-for': '10.0.0.1' } });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 'forbidden' } });
  });

  const others = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
  );
  it.skipIf(others.length === 0)('is not for other addresses than loopback without a key', async () => {
    for (const [config, status] of [
      [{}, 403],
      [{ apiKey: 'k' }, 401],
    ] as const) {
      const world = await startWorld({ config: { host: '0.0.0.0', ...config } });
      const url = world.url.replace('0.0.0.0', others[0] ?? '');
      expect((await fetch(`${url}/ui`)).status).toBe(status);
    }
  });

  it('answers to no foreign host and to no page of another site', async () => {
    const { url } = await startWorld();
    const foreignHost = await rawExchange(url, head('GET /ui HTTP/1.1', 'Host: evil.example'));
    expect(foreignHost.status).toBe(403);
    const foreignPage = await fetch(`${url}/ui`, { headers: { origin: 'https://evil.example' } });
    expect(foreignPage.status).toBe(403);
  });

  it('comes with the built program', async () => {
    const program = runProgram(['--nest', 'embedded']);
    const url = urlIn(await program.startLine());
    for (const path of ['/ui', ...FILES.map((name) => `/ui/${name}`)])
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
  });
});
