/** A worker that writes several messages in one turn, on every surface: their texts do not run together. */
import { describe, expect, test } from 'vitest';
import { claude, type StepInput } from '../claude-bee/script.js';
import { startClaudeWorld } from '../claude-bee/world.js';
import { type Answer, type AskSurface, ASKS, at, toAnswer } from './ask-surfaces.js';
import { startScriptedWorker } from './scripted-worker.js';
import { startWorld } from './world.js';

const MODEL = 'claude-haiku-4-5';

async function ask(
  surface: AskSurface,
  stream: boolean,
  fields: Readonly<Record<string, unknown>>,
  ...steps: readonly StepInput[]
): Promise<Answer> {
  const { post } = await startClaudeWorld();
  const answer = await toAnswer(
    await post(surface.path, surface.body(MODEL, claude(...steps), stream, fields)),
  );
  expect(answer.status).toBe(200);
  return answer;
}

/** The texts of the blocks of an answer of `/v1/messages`. */
function blocksOf({ isStream, values }: Answer): readonly string[] {
  if (!isStream) {
    const content: unknown = values[0]?.['content'];
    return Array.isArray(content)
      ? content.flatMap((block) => (at(block, 'type') === 'text' ? [String(at(block, 'text'))] : []))
      : [];
  }
  const texts = new Map<unknown, string>();
  for (const value of values) {
    const text = at(value, 'delta', 'text');
    if (typeof text === 'string') texts.set(value['index'], (texts.get(value['index']) ?? '') + text);
  }
  return [...texts.values()];
}

const TWO: readonly StepInput[] = [{ text: 'Let me look.' }, { message: true }, { text: 'It is there.' }];

describe.each(ASKS)('two messages of a turn on $how', ({ surface, stream }) => {
  const isMessages = surface.name === 'messages';
  const separated = (...texts: readonly string[]) => texts.join(isMessages ? '' : '\n\n');

  test('are two paragraphs, or two blocks', async () => {
    const answer = await ask(surface, stream, {}, ...TWO);
    expect(surface.text(answer)).toBe(separated('Let me look.', 'It is there.'));
    if (isMessages) expect(blocksOf(answer)).toEqual(['Let me look.', 'It is there.']);
  });

  test('are so around the worker’s own tools and thoughts', async () => {
    const answer = await ask(
      surface,
      stream,
      {},
      { text: 'Let me look.\n' },
      { builtin: { name: 'Bash', input: {} } },
      { think: 'hm' },
      { text: '\nIt is there.' },
    );
    const text = surface.text(answer);
    if (isMessages) expect(blocksOf(answer)).toEqual(['Let me look.\n', 'It is there.']);
    else expect(text).toBe('Let me look.\n\nIt is there.');
  });

  test('have nothing around the answer, nor where one has no text', async () => {
    const answer = await ask(
      surface,
      stream,
      {},
      { think: 'hm' },
      { message: true },
      { text: 'One.' },
      { message: true },
      { think: 'done' },
    );
    expect(surface.text(answer)).toBe('One.');
  });

  test('leave alone what other workers write', async () => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const pending = world.post(surface.path, surface.body('scripted', 'hi', stream));
    const turn = await worker.turn(0);
    for (const blockIdx of [1, 0, 0]) {
      turn.send({ chi: 'chunk', chunkType: 'text_delta', delta: 'one ', blockIdx });
      turn.send({ chi: 'chunk', chunkType: 'content_block_stop', blockIdx });
    }
    turn.finish();
    expect(surface.text(await toAnswer(await pending))).toBe('one one one ');
  });
});

describe('a stop sequence', () => {
  test.each(ASKS.filter(({ surface }) => surface.name === 'chat completions'))(
    'sees what separates two messages: $how',
    async ({ surface, stream }) => {
      const answer = await ask(surface, stream, { stop: '\n\n' }, ...TWO);
      expect(surface.text(answer)).toBe('Let me look.');
    },
  );
});
