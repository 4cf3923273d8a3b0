/** Streams beside a large body, counted in rounds: each token goes out when its client has the one before. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { ThreadPool } from '../../src/threads/thread-pool.js';
import { startScriptedWorker } from '../front-door/scripted-worker.js';
import { chat, parseStream, script, startWorld } from '../front-door/world.js';

const STREAMS = 4;
const MESSAGES = 9_000;
const FILLER = 'All work and no play makes Jack a dull boy. '.repeat(25);
/** On the event loop itself the body would take all of the time in a single round; in a thread it takes hundreds of them. */
const FEWEST_ROUNDS = 20;

test('while a body of 10 MB is read, all streams go on, and none of them loses a token', async () => {
  const world = await startWorld({ env: { OLLAMA_SERVER_CONTEXT_LENGTH: '100000000' } });
  const worker = await startScriptedWorker(world);
  const rounds = Array.from({ length: STREAMS }, () => 0);
  let isOver = false;
  const streams = rounds.map(async (_, index) => {
    const answering = world.post('/api/chat', chat(`${index}`, { model: 'scripted' }));
    const turn = await worker.turn(index);
    turn.text('0 ');
    const { body } = await answering;
    if (body === null) expect.fail('there is no answer');
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true });
      if (isOver) turn.finish();
      else {
        const round = (rounds[index] ?? 0) + 1;
        rounds[index] = round;
        turn.text(`${round} `);
      }
    }
    return parseStream(text)
      .map(({ message }) => Object(message).content)
      .join('');
  });
  const { run } = ThreadPool.prototype;
  const during: number[] = [];
  const watched = vi.spyOn(ThreadPool.prototype, 'run').mockImplementation(async function (
    this: ThreadPool,
    ...what
  ) {
    const before = [...rounds];
    const result = await Reflect.apply(run, this, what);
    during.push(...rounds.map((count, index) => count - (before[index] ?? 0)));
    return result;
  });
  onTestFinished(() => void watched.mockRestore());
  const messages = [
    ...Array.from({ length: MESSAGES }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: FILLER,
    })),
    { role: 'user', content: script({ say: ['read it all'] }) },
  ];
  const answer = await world.post('/api/chat', chat('', { messages, stream: false }));
  expect(await answer.text()).toContain('read it all');
  isOver = true;
  const texts = await Promise.all(streams);

  expect(during).toHaveLength(STREAMS);
  expect(Math.min(...during)).toBeGreaterThan(FEWEST_ROUNDS);
  expect(texts).toEqual(
    rounds.map((count) => Array.from({ length: count + 1 }, (_, number) => `${number} `).join('')),
  );
}, 40_000);
