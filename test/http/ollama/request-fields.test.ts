import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { linesOf, post } from './ask-server.js';
import { finish, saying, startServer } from './scripted-server.js';

const thinking: readonly Event[] = [
  { type: 'ready' },
  { type: 'reasoning-delta', text: 'hm' },
  { type: 'text-delta', text: 'yes' },
  { type: 'reasoning-delta', text: 'so' },
];
const ROUTES = [
  ['chat', { messages: [{ role: 'user', content: 'hi' }] }],
  ['generate', { prompt: 'hi' }],
] as const;

function start() {
  return startServer(() => saying(thinking, [finish]), { maxImageBytes: 3 });
}

describe.each(ROUTES)('/api/%s', (route, input) => {
  it('says who asks', async () => {
    const server = await start();
    await (await post(`${server.url}/api/${route}`, { model: 'm', ...input })).text();
    expect(server.requests).toMatchObject([{ caller: { surface: 'ollama', requestId: expect.any(String) } }]);
  });

  it.each([
    ['nope', 404, "model 'nope' not found"],
    ['a b', 400, 'invalid model name'],
    ['x:cloud', 403, 'ollama cloud is disabled: remote model is unavailable'],
  ])('says why nobody answers to the name %j', async (model, status, error) => {
    const fault = new Fault('model-not-found', 'unknown', { param: model });
    const server = await startServer(() => saying([{ type: 'fault', fault }]));
    const response = await post(`${server.url}/api/${route}`, { model, ...input });
    expect([response.status, await response.json()]).toEqual([status, { error }]);
  });

  it.each([-1, 21])('refuses %i top_logprobs before it looks for the model', async (count) => {
    const server = await start();
    const response = await post(`${server.url}/api/${route}`, { top_logprobs: count });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'top_logprobs must be between 0 and 20' },
    ]);
  });

  it('takes every field that has no meaning in front of hum', async () => {
    const server = await start();
    const response = await post(`${server.url}/api/${route}`, {
      ...{ model: 'm', stream: false, logprobs: true, top_logprobs: 20, truncate: false, shift: false },
      ...{ format: '', keep_alive: '5m', template: '{{ .Prompt }}', context: [1, 2], suffix: '', raw: false },
      ...{ tool_choice: 'auto', max_output_tokens: 5, _debug_render_only: false, tools: [] },
      options: { num_ctx: 4096, num_gpu: -1, num_predict: -2, mirostat: 1, numa: true, nothing: null },
      ...input,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).not.toHaveProperty('logprobs');
    expect(server.requests).toMatchObject([{ sampling: {} }]);
  });

  it('asks for JSON as the format says, and answers as it is told', async () => {
    const server = await start();
    const format = { type: 'object', required: ['a'] };
    await (await post(`${server.url}/api/${route}`, { model: 'm', ...input, format })).text();
    await (
      await post(`${server.url}/api/${route}`, { model: 'm', ...input, format: 'json', stream: false })
    ).text();
    expect(server.requests.map((request) => request.format)).toEqual([
      { schema: format, delivery: 'streamed' },
      { schema: undefined, delivery: 'whole' },
    ]);
  });

  it.each([true, false])('shows no thinking to who wants none (stream: %j)', async (stream) => {
    const server = await start();
    const body = { model: 'm', ...input, stream, think: false };
    const lines = JSON.stringify(await linesOf(await toLines(`${server.url}/api/${route}`, body)));
    expect(lines).toContain('"yes"');
    expect(lines).not.toContain('thinking');
  });

  it.each([true, 'low', null])('shows what a model thinks (think: %j)', async (think) => {
    const server = await start();
    const body = { model: 'm', ...input, think, stream: false };
    const lines = JSON.stringify(await linesOf(await toLines(`${server.url}/api/${route}`, body)));
    expect(lines).toContain('"thinking":"hmso"');
  });

  it.each([
    [{ keep_alive: 'soon' }, 'time: invalid duration "soon"'],
    [
      { think: 'very' },
      'invalid think value: "very" (must be "high", "medium", "low", "max", true, or false)',
    ],
    [{ format: 'xml' }, 'invalid format: "\\"xml\\""; expected "json" or a valid JSON Schema object'],
    [{ options: { stop: 'x' } }, 'option "stop" must be of type array'],
  ])('refuses %j before any worker is asked', async (fields, error) => {
    const server = await start();
    const response = await post(`${server.url}/api/${route}`, { model: 'm', ...input, ...fields });
    expect([response.status, await response.json()]).toEqual([400, { error }]);
    expect(server.requests).toEqual([]);
  });

  it('refuses an image that is too large, by its field', async () => {
    const server = await start();
    const images = ['AQID', 'AQIDBA=='];
    const field = route === 'chat' ? 'messages[0].images[1]' : 'images[1]';
    const body = { model: 'm', ...input, images, messages: [{ role: 'user', images }] };
    const response = await post(`${server.url}/api/${route}`, body);
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: `${field}: the image has 4 bytes, and at most 3 are taken` },
    ]);
  });
});

/** A whole answer has no line end of its own. */
async function toLines(url: string, body: object): Promise<Response> {
  const text = await (await post(url, body)).text();
  return new Response(text.endsWith('\n') ? text : `${text}\n`);
}
