import { describe, expect, it } from 'vitest';
import type { Capability } from '../../../src/core/model.js';
import { card, modelOf } from '../../model.js';
import { post } from './ask-server.js';
import { finish, hello, saying, startServer } from './scripted-server.js';

const FULL = 'registry.ollama.ai/library/m:latest does not support';
const messages = [{ role: 'user', content: 'hi' }];
const seeing = [{ role: 'user', content: 'hi', images: ['AQID'] }];
const tools = [{ type: 'function', function: { name: 'f' } }];

async function ask(capabilities: readonly Capability[], path: string, body: object) {
  const models = [modelOf('m', { card: { ...card, capabilities } })];
  const server = await startServer(() => saying(hello, [finish]), { models });
  const response = await post(`${server.url}/api/${path}`, { model: 'm', stream: false, ...body });
  const { error } = JSON.parse(await response.text());
  return { status: response.status, error, requests: server.requests };
}

describe('a model that can only write', () => {
  it.each([
    ['chat', { messages, tools }, `${FULL} tools`],
    ['chat', { messages: seeing }, `${FULL} vision`],
    ['chat', { messages, think: true }, '"m" does not support thinking'],
    ['chat', { messages, think: 'low' }, '"m" does not support thinking'],
    ['chat', { messages, tools, think: true }, '"m" does not support thinking'],
    ['chat', { messages: [], tools }, `${FULL} tools`],
    ['generate', { prompt: 'x', suffix: 'y' }, `${FULL} insert`],
    ['generate', { suffix: 'y' }, `${FULL} insert`],
    ['generate', { prompt: 'x', images: ['AQID'] }, `${FULL} vision`],
    ['generate', { prompt: 'x', think: 'max' }, '"m" does not support thinking'],
  ])('refuses /api/%s %j', async (path, body, error) => {
    expect(await ask(['completion'], path, body)).toEqual({ status: 400, error, requests: [] });
  });

  it.each([
    ['chat', { messages, tools: [] }],
    ['chat', { messages, tools: null, think: false }],
    ['chat', { messages: [{ ...messages[0], images: [] }] }],
    ['chat', { messages, think: null }],
    ['generate', { prompt: 'x', suffix: '', images: [null] }],
    ['chat', { messages: [], tools, keep_alive: 0 }],
  ])('takes /api/%s %j', async (path, body) => {
    expect(await ask(['completion'], path, body)).toMatchObject({ status: 200 });
  });
});

describe('a model that only embeds', () => {
  it.each([
    ['chat', { messages }, '"m" does not support chat'],
    ['chat', { messages: [] }, '"m" does not support chat'],
    ['chat', { messages, think: true }, '"m" does not support thinking'],
    ['generate', { think: 'low' }, '"m" does not support thinking'],
    ['generate', { prompt: 'x' }, '"m" does not support generate'],
    ['generate', {}, '"m" does not support generate'],
  ])('refuses /api/%s %j', async (path, body, error) => {
    expect(await ask(['embedding'], path, body)).toEqual({ status: 400, error, requests: [] });
  });

  it('can be unloaded', async () => {
    expect(await ask(['embedding'], 'chat', { keep_alive: 0 })).toMatchObject({ status: 200 });
  });
});

describe('a model that can do everything', () => {
  it('is asked with tools, images and levels of thinking', async () => {
    const body = { messages: seeing, tools, think: 'high' };
    const { requests } = await ask(['completion', 'tools', 'vision', 'thinking'], 'chat', body);
    expect(requests).toMatchObject([{ tools: [{ name: 'f' }], sampling: { reasoningEffort: 'high' } }]);
  });

  it('is asked for the text before a suffix', async () => {
    const { requests } = await ask(['completion', 'insert'], 'generate', { prompt: 'f(', suffix: ')' });
    expect(JSON.stringify(requests)).toContain('<BEFORE>f(</BEFORE>');
  });
});

describe('a model that nobody knows yet', () => {
  it('is asked for all the same, and is not found in the words of the name', async () => {
    const unknown = [modelOf('other')];
    const server = await startServer(() => saying(hello, [finish]), { models: unknown });
    const response = await post(`${server.url}/api/chat`, { model: 'new', messages, tools, think: true });
    expect(response.status).toBe(200);
    expect(server.requests).toMatchObject([{ model: 'new' }]);
  });
});
