/** What clients notice of Ollama beside its answers: each point as its newest version has it. */
import { describe, expect, it } from 'vitest';
import type { Capability } from '../../src/core/model.js';
import { toTimestamp } from '../../src/core/timestamp.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { startWorld } from './world.js';

const MODEL = 'claude-sonnet-4';
const CONTENT = 'What is this?';
const messages = [{ role: 'user', content: CONTENT }];
/** The shortest PNG there is a signature of. */
const BYTES = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const BASE64 = Buffer.from(BYTES).toString('base64');

/** A configuration in which the model can do this and nothing else. */
function ableTo(...capabilities: readonly Capability[]) {
  return { models: [{ name: MODEL, alias: [], capabilities: [...capabilities] }] };
}

const thinker = () => ableTo('completion', 'thinking');

/** How much to think, as a prompt says it. */
function effortOf(tone: Tone): unknown {
  const sampling = tone['sampling'];
  return typeof sampling === 'object' && sampling !== null && 'reasoningEffort' in sampling
    ? sampling.reasoningEffort
    : undefined;
}

async function answer(response: Response): Promise<readonly [number, unknown]> {
  return [response.status, await response.json()];
}

describe('_debug_render_only', () => {
  it('of a chat gives the text that a worker would get, and asks none', async () => {
    const world = await startWorld();
    const history = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'an earlier one', images: [BASE64] },
      { role: 'assistant', content: 'yes' },
      ...messages,
    ];
    const body = { model: MODEL, messages: history, _debug_render_only: true };
    const response = await world.post('/api/chat', body);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const [status, { _debug_info: info, created_at, ...rest }] = await debugAnswer(response);
    expect([status, rest]).toEqual([200, { model: MODEL, message: { role: '', content: '' }, done: false }]);
    expect(created_at).toMatch(/Z$/);
    expect(info.image_count).toBe(1);
    const places = ['Be brief.', 'an earlier one', 'yes', CONTENT].map((text) =>
      info.rendered_template.indexOf(text),
    );
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places).not.toContain(-1);
    expect(world.sentOf('prompt')).toEqual([]);
  });

  it('of a generate gives the prompt', async () => {
    const world = await startWorld();
    const body = { model: MODEL, prompt: CONTENT, _debug_render_only: true };
    const [status, rest] = await debugAnswer(await world.post('/api/generate', body));
    expect([status, rest]).toMatchObject([
      200,
      { model: MODEL, response: '', done: false, _debug_info: { rendered_template: CONTENT } },
    ]);
    expect(rest._debug_info).not.toHaveProperty('image_count');
    expect(world.sentOf('prompt')).toEqual([]);
  });

  it('is refused where it is no boolean, and false is nothing', async () => {
    const world = await startWorld();
    const wrong = await world.post('/api/chat', { model: MODEL, messages, _debug_render_only: 1 });
    const error =
      'json: cannot unmarshal number into Go struct field ChatRequest._debug_render_only of type bool';
    expect(await answer(wrong)).toEqual([400, { error }]);
    const right = { model: MODEL, messages, _debug_render_only: false, stream: false };
    expect(await answer(await world.post('/api/chat', right))).toMatchObject([200, { done: true }]);
  });
});

interface DebugAnswer {
  readonly created_at: string;
  readonly _debug_info: { readonly rendered_template: string; readonly image_count?: number };
}

async function debugAnswer(response: Response): Promise<readonly [number, DebugAnswer]> {
  const body: DebugAnswer = JSON.parse(await response.text());
  return [response.status, body];
}

describe('an image', () => {
  it.each([
    ['/api/chat', { messages: [{ ...messages[0], images: [BYTES] }] }],
    ['/api/generate', { prompt: CONTENT, images: [BYTES] }],
  ])('as a list of bytes reaches the worker of %s as base64 does', async (path, body) => {
    const world = await startWorld();
    const response = await world.post(path, { model: MODEL, stream: false, ...body });
    expect(response.status).toBe(200);
    expect(JSON.stringify(world.sentOf('prompt'))).toContain(BASE64);
  });

  it.each([[[256]], [[-1]], [[1.5]], [['a']]])('as a list of %j is refused', async (image) => {
    const world = await startWorld();
    const body = { model: MODEL, messages: [{ ...messages[0], images: [image] }] };
    const error =
      'json: cannot unmarshal array into Go struct field ChatRequest.messages.images of type api.ImageData';
    expect(await answer(await world.post('/api/chat', body))).toEqual([400, { error }]);
  });
});

describe('a request without think', () => {
  const ROUTES: readonly (readonly [string, object])[] = [
    ['/api/chat', { messages }],
    ['/api/generate', { prompt: CONTENT }],
  ];

  it.each(ROUTES)('%s asks a model that is configured to think to think', async (path, body) => {
    const world = await startWorld({ config: thinker() });
    for (const think of [undefined, null])
      await (await world.post(path, { model: MODEL, think, ...body })).text();
    expect(world.sentOf('prompt').map(effortOf)).toEqual(['medium', 'medium']);
  });

  it.each(ROUTES)('%s leaves it to the worker where thinking is only assumed', async (path, body) => {
    const world = await startWorld();
    const response = await world.post(path, { model: MODEL, ...body });
    await response.text();
    expect(world.sentOf('prompt').map(effortOf)).toEqual([undefined]);
    expect(response.headers.get('x-hum-ignored')).toBeNull();
  });

  it('does not ask a worker that takes no such setting, and no header speaks of it', async () => {
    const world = await startWorld({ config: thinker(), worker: 'claude-cli' });
    const response = await world.post('/api/chat', { model: MODEL, messages });
    await response.text();
    expect(world.sentOf('prompt').map(effortOf)).toEqual([undefined]);
    expect(response.headers.get('x-hum-ignored')).toBeNull();
  });

  it('differs from one with think false or a level', async () => {
    const world = await startWorld({ config: thinker() });
    for (const think of [false, 'low'])
      await (await world.post('/api/chat', { model: MODEL, messages, think })).text();
    expect(world.sentOf('prompt').map(effortOf)).toEqual(['none', 'low']);
  });
});

describe('checks come in Ollama’s order', () => {
  const thinking = { error: `"${MODEL}" does not support thinking` };
  const raw = { error: 'raw mode does not support template, system, or context' };
  const nameless = { error: "model '' not found" };
  const tools = [{ type: 'function', function: { name: 'f' } }];

  it.each([
    ['thinking before tools', ['completion'], 'chat', { messages, tools, think: true }, 400, thinking],
    ['thinking before writing', ['embedding'], 'chat', { messages, think: true }, 400, thinking],
    ['thinking before writing, of a load', ['embedding'], 'generate', { think: 'low' }, 400, thinking],
    ['raw before a load', ['completion'], 'generate', { raw: true, system: 's' }, 400, raw],
    [
      'raw before thinking',
      ['completion'],
      'generate',
      { prompt: 'x', raw: true, template: 't', think: true },
      400,
      raw,
    ],
    ['raw with a context', ['completion'], 'generate', { prompt: 'x', raw: true, context: [1] }, 400, raw],
    ['no name before the input', ['embedding'], 'embed', { model: '', input: 5 }, 404, nameless],
  ] as const)('%s', async (_, capabilities, route, body, status, error) => {
    const world = await startWorld({ config: ableTo(...capabilities) });
    expect(await answer(await world.post(`/api/${route}`, { model: MODEL, ...body }))).toEqual([
      status,
      error,
    ]);
    expect(world.sentOf('prompt')).toEqual([]);
  });

  it('an unload comes before raw, and raw alone is fine', async () => {
    const world = await startWorld();
    const unload = { model: MODEL, raw: true, system: 's', keep_alive: 0 };
    expect(await answer(await world.post('/api/generate', unload))).toMatchObject([
      200,
      { done_reason: 'unload' },
    ]);
    const alone = { model: MODEL, prompt: 'x', raw: true, context: [], stream: false };
    expect(await answer(await world.post('/api/generate', alone))).toMatchObject([200, { done: true }]);
  });
});

describe('a card', () => {
  it('has the system text that it is asked with', async () => {
    const world = await startWorld();
    const [status, shown] = await answer(
      await world.post('/api/show', { model: MODEL, system: 'Be brief.' }),
    );
    expect([status, shown]).toMatchObject([
      200,
      { system: 'Be brief.', modelfile: expect.stringContaining('SYSTEM """Be brief."""') },
    ]);
    const [, plain] = await answer(await world.post('/api/show', { model: MODEL, system: '' }));
    expect(plain).not.toHaveProperty('system');
    expect(plain).toMatchObject({
      modelfile: expect.stringMatching(/^# Modelfile generated by "ollama show"\n/),
    });
  });

  it.each([
    [{ verbose: 1 }, 'number into Go struct field ShowRequest.verbose of type bool'],
    [{ system: [] }, 'array into Go struct field ShowRequest.system of type string'],
    [{ template: false }, 'bool into Go struct field ShowRequest.template of type string'],
    [{ options: 'x' }, 'string into Go struct field ShowRequest.options of type map[string]interface {}'],
  ])('is refused with %j', async (fields, what) => {
    const world = await startWorld();
    const response = await world.post('/api/show', { model: MODEL, ...fields });
    expect(await answer(response)).toEqual([400, { error: `json: cannot unmarshal ${what}` }]);
  });
});

describe('progress', () => {
  it('of a push that finds nothing says so in a line of its own', async () => {
    const world = await startWorld();
    const lines = (await (await world.post('/api/push', { model: 'nothing' })).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { status: 'retrieving manifest' },
      { status: "couldn't retrieve manifest" },
      { error: "model 'nothing' not found" },
    ]);
  });

  it.each(['pull', 'push'])('of a %s is refused with a password that is no text', async (route) => {
    const world = await startWorld();
    const response = await world.post(`/api/${route}`, { model: MODEL, password: 5 });
    const struct = route === 'pull' ? 'PullRequest' : 'PushRequest';
    const error = `json: cannot unmarshal number into Go struct field ${struct}.password of type string`;
    expect(await answer(response)).toEqual([400, { error }]);
  });
});

describe('a date', () => {
  /** As langchain4j up to 1.16: the digits of the fraction are removed wherever they stand. */
  function readByLangchain4j(text: string): string {
    const [, fraction = ''] = /\.(\d+)/.exec(text) ?? [];
    return text.replaceAll(fraction, '').replace('.', '');
  }

  it('is read by clients that remove its fraction wherever they find it', () => {
    for (const year of [2026, 2030, 2100]) {
      for (let ms = 0; ms < 1_000; ms++) {
        const at = Date.UTC(year, 10, 30, 14, 49, 40, ms);
        const text = toTimestamp(at);
        expect(readByLangchain4j(text)).toBe(`${year}-11-30T14:49:40Z`);
        expect(Math.abs(Date.parse(text) - at)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('of an answer has three digits of a second', async () => {
    const world = await startWorld();
    const [, body] = await answer(await world.post('/api/chat', { model: MODEL, messages, stream: false }));
    expect(body).toMatchObject({
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });
});
