/** System text with which Claude Code's CLI cannot be started goes into the text of the prompt: such a start fails in silence. */
import { describe, expect, test } from 'vitest';
import { defuse } from '../../src/core/defuse.js';
import { claude } from '../claude-bee/script.js';
import { startClaudeWorld } from '../claude-bee/world.js';
import { type AskSurface, ASKS, toAnswer } from './ask-surfaces.js';
import { startScriptedWorker } from './scripted-worker.js';
import { startWorld } from './world.js';

const MODEL = 'claude-haiku-4-5';
const MAX_BYTES = 131_071;
const SHORT = /^The system text stands at the beginning of the conversation, in the element `turn-system`/;

/** The body of a question with a system text. */
function withSystem(surface: AskSurface, model: string, text: string, stream: boolean, system: string) {
  const body = surface.body(model, text, stream);
  switch (surface.name) {
    case 'messages':
      return { ...body, system };
    case 'responses':
      return { ...body, instructions: system };
    default:
      return {
        ...body,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: text },
        ],
      };
  }
}

const SURFACES = ASKS.filter(({ surface }) => surface.name !== 'completions');

describe.each(SURFACES)('system text on $how', ({ surface, stream }) => {
  const question = claude({ text: 'hi' });

  test.each([
    ['is too long for an argument', `ü${'x'.repeat(MAX_BYTES - 1)}`],
    ['holds a NUL', 'Be \0 brief.'],
  ])('that %s goes into the text of the prompt', async (_why, system) => {
    const { post, bee } = await startClaudeWorld();
    const answer = await toAnswer(
      await post(surface.path, withSystem(surface, MODEL, question, stream, system)),
    );
    expect(surface.text(answer)).toBe('hi');
    const [prompt] = bee.prompts;
    expect(prompt?.['systemPrompt']).toMatch(SHORT);
    expect(prompt?.['content']).toContain(`<turn-system>\n${system}\n</turn-system>\n\n${defuse(question)}`);
  });

  test('that fits stays in its field', async () => {
    const { post, bee } = await startClaudeWorld();
    const system = 'x'.repeat(MAX_BYTES);
    const answer = await toAnswer(
      await post(surface.path, withSystem(surface, MODEL, question, stream, system)),
    );
    expect(surface.text(answer)).toBe('hi');
    expect(bee.prompts[0]).toMatchObject({ systemPrompt: system, content: defuse(question) });
  });

  test('stays in its field for other workers, however long it is', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const system = 'x'.repeat(MAX_BYTES + 1);
    const pending = world.post(surface.path, withSystem(surface, 'scripted', 'hi', stream, system));
    const turn = await worker.turn(0);
    turn.finish();
    await (await pending).text();
    expect(turn.prompt).toMatchObject({ systemPrompt: system, content: 'hi' });
  });
});

describe('a conversation that goes on in its session', () => {
  test('is not told its long system text again', async () => {
    const { post, bee } = await startClaudeWorld();
    const system = 'x'.repeat(2 * MAX_BYTES);
    const first = { role: 'user', content: claude({ text: 'hi' }) };
    const body = { model: MODEL, stream: false, prompt_cache_key: 'c' };
    await post('/v1/chat/completions', { ...body, messages: [{ role: 'system', content: system }, first] });
    const messages = [
      { role: 'system', content: system },
      first,
      { role: 'assistant', content: 'hi' },
      { role: 'user', content: claude({ text: 'there' }) },
    ];
    const answer = await (await post('/v1/chat/completions', { ...body, messages })).json();
    expect(JSON.stringify(answer)).toContain('there');
    expect(bee.prompts.map(({ sid }) => sid)).toEqual([bee.prompts[0]?.sid, bee.prompts[0]?.sid]);
    expect(bee.prompts[1]).toMatchObject({ content: defuse(claude({ text: 'there' })) });
    expect(bee.prompts[1]?.['systemPrompt']).toMatch(SHORT);
  });

  test('is told it once more where the whole goes out again', async () => {
    const { post, bee } = await startClaudeWorld();
    const system = 'x'.repeat(600_000);
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: claude({ text: 'there' }) },
    ];
    const answer = await post('/v1/chat/completions', { model: MODEL, messages });
    expect(await answer.text()).toContain('there');
    expect(bee.prompts[0]?.['content']).toMatch(/^The system text stands in the first element/);
    expect(bee.prompts[0]?.['content']).toContain('</turn-system>\n\nThe conversation so far.');
  });
});
