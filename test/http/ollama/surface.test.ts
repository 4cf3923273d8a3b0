import { describe, expect, it } from 'vitest';
import { JSON_TYPE, post } from './ask-server.js';
import { finish, saying, startServer } from './scripted-server.js';

describe('the routes without input', () => {
  it.each([
    ['/', 'text/plain; charset=utf-8', 'Ollama is running'],
    ['/api/version', JSON_TYPE, '{"version":"0.99.1"}'],
    ['/api/tags', JSON_TYPE, '{"models":[{"name":"m:latest",'],
  ])('%s answers GET and HEAD', async (path, contentType, body) => {
    const server = await startServer(() => saying([finish]));
    const response = await fetch(server.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(contentType);
    expect((await response.text()).startsWith(body)).toBe(true);
    const head = await fetch(server.url + path, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });

  it('keep modified_at from one list to the next', async () => {
    const server = await startServer(() => saying([finish]));
    const list = async () => (await fetch(`${server.url}/api/tags`)).text();
    expect(await list()).toBe(await list());
  });
});

describe('paths and methods', () => {
  it('answers an unknown path and a wrong method in plain text', async () => {
    const server = await startServer(() => saying([finish]));
    const unknown = await fetch(`${server.url}/api/nothing`);
    expect([unknown.status, await unknown.text()]).toEqual([404, '404 page not found']);
    const wrong = await fetch(`${server.url}/api/chat`);
    expect([wrong.status, await wrong.text()]).toEqual([405, '405 method not allowed']);
    expect(wrong.headers.get('allow')).toBe('POST');
    const posted = await post(`${server.url}/api/tags`, {});
    expect(posted.headers.get('allow')).toBe('GET, HEAD');
  });

  it('sends a trailing slash away', async () => {
    const server = await startServer(() => saying([finish]));
    const response = await fetch(`${server.url}/api/tags/`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([301, '/api/tags']);
  });
});
