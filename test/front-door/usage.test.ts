/** Token counts, on every surface: what a worker reports, and what stands in where it reports nothing. */
import { describe, expect, test } from 'vitest';
import { claude } from '../claude-bee/script.js';
import { learnMeshName, startClaudeWorld } from '../claude-bee/world.js';
import { type Answer, ASK_SURFACES, ASKS, type AskSurface, at, toAnswer } from './ask-surfaces.js';
import { LOOP_SURFACES, type LoopSurface } from './turn-surfaces.js';

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
