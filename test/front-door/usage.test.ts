/** Token counts, on every surface: what a worker reports, and what stands in where it reports nothing. */
import { describe, expect, test } from 'vitest';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { eventually } from '../eventually.js';
import { claude } from '../claude-bee/script.js';
import { learnMeshName, startClaudeWorld } from '../claude-bee/world.js';
import { type Answer, ASK_SURFACES, ASKS, type AskSurface, at, toAnswer } from './ask-surfaces.js';
import { LOOP_SURFACES, type LoopSurface } from './turn-surfaces.js';
import { script, startWorld } from './world.js';

const MODEL = 'scripted';
const CHARACTERS_PER_TOKEN = 4;
const DESCRIPTION = 'x'.repeat(40_000);

/** A question whose tool has a description of 40 kB. */
function withLargeTool(surface: LoopSurface, text: string): Readonly<Record<string, unknown>> {
  const body = surface.ask(text, false);
  const tools: unknown = body['tools'];
  if (!Array.isArray(tools)) throw new Error('it has one tool');
  const [tool] = tools;
  const described =
    'function' in tool
      ? { ...tool, function: { ...tool.function, description: DESCRIPTION } }
      : { ...tool, description: DESCRIPTION };
  return { ...body, tools: [described] };
}

function asked(surface: LoopSurface): AskSurface {
  const found = ASK_SURFACES.find(({ name }) => name === surface.name);
  if (found === undefined) throw new Error('it is one of them');
  return found;
}

function promptTokens(surface: AskSurface, answer: Answer): number {
  const usage = surface.usage(answer);
  return Number(usage['prompt_eval_count'] ?? usage['prompt_tokens'] ?? usage['input_tokens']);
}

function whole(body: unknown): Answer {
  return {
    status: 200,
    headers: new Headers(),
    isStream: false,
    body: '',
    values: [body]
      .filter((value) => typeof value === 'object' && value !== null)
      .map((value) => ({ ...value })),
  };
}

describe.each(LOOP_SURFACES)('a turn that ends on a call, on $name', (surface) => {
  test('counts the whole conversation and the tools', async () => {
    const world = await startClaudeWorld({ bee: { models: [MODEL] } });
    const { post } = world;
    const name = await learnMeshName(world, surface.path, (text) => withLargeTool(surface, text));
    const look = { tool: { name } };
    const question = withLargeTool(surface, claude(look, look, { text: 'done' }));
    const first = await (await post(surface.path, question)).json();
    const counted = promptTokens(asked(surface), whole(first));
    expect(counted).toBeGreaterThanOrEqual(DESCRIPTION.length / CHARACTERS_PER_TOKEN);
    expect(counted).toBeLessThan(1.1 * (DESCRIPTION.length / CHARACTERS_PER_TOKEN));

    const result = 'y'.repeat(8_000);
    const second = await (await post(surface.path, surface.bring(question, first, result))).json();
    expect(surface.callIds(second)).toHaveLength(1);
    const grown = promptTokens(asked(surface), whole(second)) - counted;
    expect(grown).toBeGreaterThanOrEqual(result.length / CHARACTERS_PER_TOKEN);
    expect(grown).toBeLessThan(1.1 * (result.length / CHARACTERS_PER_TOKEN));
  });
});

describe.each(ASKS)('what was written to a cache, on $how', ({ surface, stream }) => {
  test('is told where the surface has a field for it, and is part of the prompt', async () => {
    const { post } = await startClaudeWorld({ bee: { models: [MODEL] } });
    const answer = await toAnswer(
      await post(surface.path, surface.body(MODEL, claude({ text: 'hi' }), stream)),
    );
    const usage = surface.usage(answer);
    switch (surface.name) {
      case 'messages':
        expect(usage).toMatchObject({
          input_tokens: 10,
          cache_creation_input_tokens: 200,
          cache_read_input_tokens: 3000,
        });
        break;
      case 'responses':
        expect(usage).toMatchObject({
          input_tokens: 3210,
          input_tokens_details: { cached_tokens: 3000, cache_write_tokens: 200 },
        });
        break;
      default:
        expect(promptTokens(surface, answer)).toBe(3210);
    }
  });
});

describe('several answers to one request', () => {
  test('add up what they wrote to a cache', async () => {
    const { post } = await startClaudeWorld({ bee: { models: [MODEL] } });
    const body = { model: MODEL, n: 2, messages: [{ role: 'user', content: claude({ text: 'hi' }) }] };
    const answer = await (await post('/v1/chat/completions', body)).json();
    expect(at(answer, 'usage', 'prompt_tokens')).toBe(2 * 3210);
  });
});

const FORMATTED: readonly (readonly [string, (text: string) => object])[] = [
  ['/api/chat', (content) => ({ format: 'json', stream: false, messages: [{ role: 'user', content }] })],
  ['/api/generate', (prompt) => ({ format: 'json', stream: false, prompt })],
  [
    '/v1/chat/completions',
    (content) => ({ response_format: { type: 'json_object' }, messages: [{ role: 'user', content }] }),
  ],
  ['/v1/responses', (input) => ({ text: { format: { type: 'json_object' } }, input })],
  [
    '/v1/messages',
    (content) => ({
      max_tokens: 100,
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
      messages: [{ role: 'user', content }],
    }),
  ],
];

describe.each(FORMATTED)('an answer in JSON that is kept back, on POST %s', (path, body) => {
  const model = 'claude-sonnet-4';
  const usageOf = async (url: string) => Object(await (await fetch(`${url}/v1/usage`)).json()).data;

  test('counts both tries, though none of them is given', async () => {
    const { post, url } = await startWorld();
    const usage = { input_tokens: 1_000, output_tokens: 500 };
    const refused = await post(path, { model, ...body(script({ say: ['no JSON'], usage })) });
    expect([refused.status, await refused.text()]).toEqual([502, expect.stringContaining('JSON')]);
    const [row] = await usageOf(url);
    expect(row).toMatchObject({ turns: 1, failed_turns: 1 });
    expect([row.prompt_tokens > 1_000, row.completion_tokens > 500]).toEqual([true, true]);
  });

  test('counts what was answered until its client left', async () => {
    let chunks = 0;
    const onTone = (direction: string, { chi }: Tone) => {
      if (direction === 'out' && chi === 'chunk') chunks++;
    };
    const { post, url, daemon } = await startWorld({ daemon: { onTone } });
    const left = new AbortController();
    const asked = post(path, { model, ...body(script({ n: 1_000, ms: 5 })) }, left.signal);
    await eventually(() => expect(chunks).toBeGreaterThan(3));
    left.abort();
    await expect(asked).rejects.toThrow();
    await eventually(() => expect(daemon().openSids()).toEqual([]));
    const [row] = await usageOf(url);
    expect([row.prompt_tokens > 0, row.completion_tokens > 0]).toEqual([true, true]);
  });
});
