import { describe, expect, it } from 'vitest';
import { fitHistory } from '../../src/core/fit-history.js';
import type { Message, TurnRequest } from '../../src/core/request.js';

const text = (role: 'system' | 'user' | 'assistant', characters: number): Message => ({
  role,
  content: [{ type: 'text', text: 'x'.repeat(characters) }],
  toolCalls: [],
});
const history = [
  text('user', 40),
  text('assistant', 40),
  text('user', 40),
  text('assistant', 40),
  text('user', 40),
];
const request = (fields: Partial<TurnRequest>): TurnRequest => ({
  model: 'm',
  messages: history,
  tools: [],
  sampling: {},
  ...fields,
});

describe('fitHistory', () => {
  it('leaves a history alone that fits, to the token', () => {
    expect(fitHistory(request({}), 50)).toBe(history);
  });

  it('refuses one token more, in the words of OpenAI', () => {
    expect(() => fitHistory(request({}), 49)).toThrow(
      expect.objectContaining({
        code: 'context-too-long',
        message: expect.stringMatching(/maximum context length is 49 tokens.* resulted in about 50 tokens/),
      }),
    );
  });

  it('drops the oldest turns whole where it may, and no more than it must', () => {
    expect(fitHistory(request({ truncate: true }), 49)).toEqual(history.slice(2));
    expect(fitHistory(request({ truncate: true }), 29)).toEqual(history.slice(4));
  });

  it('takes a system message for the beginning of the user’s turn that it stands in front of, else for a part of the turn before', () => {
    const [first, answer, question] = [text('user', 40), text('assistant', 40), text('user', 40)];
    const system = text('system', 40);
    expect(fitHistory(request({ truncate: true, messages: [first, system, answer, question] }), 39)).toEqual([
      question,
    ]);
    expect(fitHistory(request({ truncate: true, messages: [first, answer, system, question] }), 39)).toEqual([
      system,
      question,
    ]);
  });

  it('keeps the system prompt and the last turn, which no estimate refuses', () => {
    expect(fitHistory(request({ truncate: true, system: 'x'.repeat(40) }), 20)).toEqual(history.slice(4));
    expect(fitHistory(request({ truncate: true, system: 'x'.repeat(41) }), 19)).toEqual(history.slice(4));
    const alone = history.slice(4, 5);
    expect(fitHistory(request({ messages: alone }), 1)).toBe(alone);
  });
});
