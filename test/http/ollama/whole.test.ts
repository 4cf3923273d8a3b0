import { describe, expect, it } from 'vitest';
import { Timings } from '../../../src/http/ollama/ending.js';
import { wholeChatAnswer, wholeGenerateAnswer } from '../../../src/http/ollama/answers.js';
import { FixedClock } from './fixed-clock.js';

const usage = { promptTokens: 12, completionTokens: 9, cachedTokens: 0, estimated: false };
const plain = { text: 'Hi', reasoning: '', toolCalls: [], reason: 'length', usage } as const;
const full = {
  text: '',
  reasoning: 'hm',
  toolCalls: [{ type: 'tool-call', id: 'c', name: 'f', input: '{"a":1}' }],
  reason: 'tool-calls',
  usage,
} as const;

function finishedTurn() {
  const clock = new FixedClock();
  const timings = new Timings(clock, clock.monotonic());
  clock.pass(2);
  timings.observe([{ type: 'ready' }]);
  clock.pass(3);
  timings.observe([{ type: 'text-delta', text: 'Hi' }]);
  clock.pass(5);
  return { model: 'm', clock, timings };
}

const HEAD = '{"model":"m","created_at":"2026-08-21T10:00:00.010Z",';
const METRICS =
  '"total_duration":10000000,"load_duration":2000000,"prompt_eval_count":12,"prompt_eval_duration":3000000,"eval_count":9,"eval_duration":5000000';
const CALLS = '"tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"a":1}}}]';

describe('a whole answer', () => {
  it('of chat holds the message and the timings', () => {
    expect(wholeChatAnswer(plain, finishedTurn())).toEqual({
      status: 200,
      contentType: 'application/json; charset=utf-8',
      body: `${HEAD}"message":{"role":"assistant","content":"Hi"},"done":true,"done_reason":"length",${METRICS}}`,
    });
  });

  it('of chat holds thinking and calls where there are some', () => {
    expect(wholeChatAnswer(full, finishedTurn()).body).toBe(
      `${HEAD}"message":{"role":"assistant","content":"","thinking":"hm",${CALLS}},"done":true,"done_reason":"stop",${METRICS}}`,
    );
  });

  it('of generate holds them at the top', () => {
    expect(wholeGenerateAnswer(plain, finishedTurn()).body).toBe(
      `${HEAD}"response":"Hi","done":true,"done_reason":"length",${METRICS}}`,
    );
    expect(wholeGenerateAnswer(full, finishedTurn()).body).toBe(
      `${HEAD}"response":"","thinking":"hm","done":true,"done_reason":"stop",${METRICS},${CALLS}}`,
    );
  });
});
