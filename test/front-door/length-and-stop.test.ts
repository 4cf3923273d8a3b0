/** The limits of an answer that hum's claude worker does not know of: the bridge cuts it and cancels the turn. */
import { describe, expect, test } from 'vitest';
import { eventually } from '../eventually.js';
import { claude, type StepInput } from '../claude-bee/script.js';
import { type ClaudeWorld, learnMeshName, startClaudeWorld } from '../claude-bee/world.js';
import { type Answer, type AskSurface, ASKS, at, toAnswer } from './ask-surfaces.js';
import { startScriptedWorker } from './scripted-worker.js';
import { LOOP_SURFACES } from './turn-surfaces.js';
import { startWorld } from './world.js';

const MODEL = 'scripted';

/** What each surface calls the limit, and the reason of an answer that met it. */
const LIMITS: Readonly<Record<string, { limit(tokens: number): object; readonly reason: string }>> = {
  ollama: { limit: (num_predict) => ({ options: { num_predict } }), reason: 'length' },
  'chat completions': { limit: (max_completion_tokens) => ({ max_completion_tokens }), reason: 'length' },
  completions: { limit: (max_tokens) => ({ max_tokens }), reason: 'length' },
  responses: { limit: (max_output_tokens) => ({ max_output_tokens }), reason: 'max_output_tokens' },
  messages: { limit: (max_tokens) => ({ max_tokens }), reason: 'max_tokens' },
};

const STOPS: Readonly<Record<string, (stop: string) => object>> = {
  ollama: (stop) => ({ options: { stop: [stop] } }),
  'chat completions': (stop) => ({ stop }),
  completions: (stop) => ({ stop }),
  messages: (stop) => ({ stop_sequences: [stop] }),
};

async function ask(
  { post }: ClaudeWorld,
  surface: AskSurface,
  stream: boolean,
  fields: object,
  ...steps: readonly StepInput[]
): Promise<Answer> {
  const body = surface.body(MODEL, claude(...steps), stream, { ...fields });
  return toAnswer(await post(surface.path, body));
}

const start = () => startClaudeWorld({ bee: { models: [MODEL] } });

function cancelled({ sent, bee, bridge }: ClaudeWorld): Promise<void> {
  return eventually(() => {
    expect(sent.filter(({ chi }) => chi === 'cancel').map(({ sid }) => sid)).toContain(bee.prompts[0]?.sid);
    expect(bridge.nest.cancels).toBe(1);
  });
}

describe.each(ASKS)('an answer that is too long on $how', ({ surface, stream }) => {
  const { limit, reason } = LIMITS[surface.name] ?? { limit: () => ({}), reason: '' };

  test('is cut past one and a half times the limit, and its worker cancelled', async () => {
    const world = await start();
    const endless: StepInput = { text: 'one two three four ', times: 1_000, chunk: 19, delayMs: 1 };
    const answer = await ask(world, surface, stream, limit(20), endless);
    expect(answer.status).toBe(200);
    expect(surface.text(answer)).toBe('one two three four '.repeat(7).slice(0, 120));
    expect(surface.reason(answer)).toBe(reason);
    const usage = surface.usage(answer);
    expect(usage['eval_count'] ?? usage['completion_tokens'] ?? usage['output_tokens']).toBe(30);
    await cancelled(world);
  });

  test('is left as it is up to there', async () => {
    const world = await start();
    const answer = await ask(world, surface, stream, limit(20), { text: 'x'.repeat(120) });
    expect(surface.text(answer)).toHaveLength(120);
    expect(['stop', 'completed', 'end_turn']).toContain(surface.reason(answer));
    expect(world.bridge.nest.cancels).toBe(0);
  });

  test('is never cut within a character', async () => {
    const world = await start();
    const answer = await ask(world, surface, stream, limit(16), {
      text: `a${'😀'.repeat(200)}`,
      chunk: 1_000,
    });
    expect(surface.text(answer)).toBe(`a${'😀'.repeat(47)}`);
  });

  test('counts its thoughts', async () => {
    const world = await start();
    const steps = [{ think: 'x'.repeat(130) }, { text: 'never seen' }];
    const answer = await ask(world, surface, stream, limit(20), ...steps);
    expect(surface.text(answer)).toBe('');
    expect(surface.reason(answer)).toBe(reason);
  });

  test('is not cut where the worker sees to it', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const pending = world.post(surface.path, surface.body(MODEL, 'hi', stream, { ...limit(16) }));
    const turn = await worker.turn(0);
    turn.text('x'.repeat(1_000));
    turn.finish({ finishReason: 'length' });
    const answer = await toAnswer(await pending);
    expect(surface.text(answer)).toHaveLength(1_000);
    expect(turn.prompt['sampling']).toMatchObject({ maxTokens: 16 });
  });
});

describe.each(LOOP_SURFACES)('a call past the limit on $name', (surface) => {
  test.each([true, false])('is given whole, streamed: %s', async (stream) => {
    const world = await start();
    const { limit } = LIMITS[surface.name] ?? { limit: () => ({}) };
    const input = { text: 'x'.repeat(500) };
    const name = await learnMeshName(world, surface.path, (text) => surface.ask(text, false));
    const steps = claude({ text: 'I look.' }, { tool: { name, input } });
    const answer = await world.post(surface.path, { ...surface.ask(steps, stream), ...limit(16) });
    const body = await answer.text();
    expect(body).toContain('x'.repeat(500));
    expect(body).not.toMatch(/"length"|"max_tokens"[^:]|max_output_tokens"}/);
    expect(world.bridge.nest.cancels).toBe(0);
  });
});

describe('no limit', () => {
  test.each([0, -1, -2])('is what num_predict %s means', async (num_predict) => {
    const { post } = await start();
    const body = {
      model: MODEL,
      stream: false,
      messages: [{ role: 'user', content: claude({ text: 'x'.repeat(1_000) }) }],
      options: { num_predict },
    };
    expect(at(await (await post('/api/chat', body)).json(), 'message', 'content')).toHaveLength(1_000);
  });
});

describe.each(ASKS.filter(({ surface }) => STOPS[surface.name] !== undefined))(
  'a stop sequence on $how',
  ({ surface, stream }) => {
    test('ends the answer of a worker that never looks for it, which is cancelled', async () => {
      const world = await start();
      const endless: StepInput = { text: 'one two three four ', times: 1_000, chunk: 7, delayMs: 1 };
      const answer = await ask(world, surface, stream, STOPS[surface.name]?.('three') ?? {}, endless);
      expect(surface.text(answer)).toBe('one two ');
      expect(surface.reason(answer)).toBe(surface.name === 'messages' ? 'stop_sequence' : 'stop');
      await cancelled(world);
    });
  },
);
