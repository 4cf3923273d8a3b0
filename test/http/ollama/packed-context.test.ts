import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/core/request.js';
import { packContext, unpackContext } from '../../../src/http/ollama/packed-context.js';

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const assistant = (text: string): Message => ({
  role: 'assistant',
  content: [{ type: 'text', text }],
  toolCalls: [],
});

describe('the context of /api/generate', () => {
  it('gives back the conversation and its answer, whatever was said', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.toWellFormed());
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 4 }), text, text, (turns, question, answer) => {
        const said = [...turns.flatMap(([one, other]) => [user(one), assistant(other)]), user(question)];
        const integers = packContext(said, answer);
        expect(unpackContext(integers)).toEqual([...said, assistant(answer)]);
        for (const integer of integers)
          expect(Number.isInteger(integer) && integer >= 0 && integer < 2 ** 24).toBe(true);
      }),
    );
  });

  it('drops the oldest turns above 32 KiB, and stays a line that every client reads', () => {
    const long = 'ü'.repeat(5_000);
    const said = Array.from({ length: 5 }, (_, n) => [
      user(`${n} ${long}`),
      assistant(`${n} ${long}`),
    ]).flat();
    const integers = packContext([...said, user('last')], 'answer');
    const kept = unpackContext(integers);
    expect(kept.at(-1)).toEqual(assistant('answer'));
    expect(kept.at(-2)).toEqual(user('last'));
    expect(kept.length).toBe(4);
    expect(JSON.stringify(integers).length).toBeLessThan(128 * 1024);
  });

  it.each([[[]], [[1, 2, 3]], [[0x68756d]], [[0x68756d, 99, 1]], [[0x68756d, 3, 0x7b7b7b]]])(
    'passes over %j',
    (integers) => {
      expect(unpackContext(integers)).toEqual([]);
    },
  );
});
