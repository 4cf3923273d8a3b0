import { describe, expect, it } from 'vitest';
import {
  AnswerRecorder,
  MAX_ANSWER_BYTES,
  parseAnswer,
  toEvents,
} from '../../../src/turns/answer-cache/kept-answer.js';
import type { Event } from '../../../src/core/event.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const think = (text: string): Event => ({ type: 'reasoning-delta', text });

describe('the recorder of an answer', () => {
  it('joins what was said in pieces, in the order of thought and text', () => {
    const recorder = new AnswerRecorder();
    expect(recorder.record([{ type: 'ready' }, think('a'), think('b'), say('c')])).toBeUndefined();
    const answer = recorder.record([say('d'), think('e'), stop]);
    expect(answer && toEvents(answer)).toEqual([
      { type: 'ready', cache: 'hit' },
      think('ab'),
      say('cd'),
      think('e'),
      stop,
    ]);
  });

  it('takes none that is longer than the limit', () => {
    const half = 'x'.repeat(MAX_ANSWER_BYTES / 2);
    expect(new AnswerRecorder().record([say(half), say(half), stop])).toBeDefined();
    const recorder = new AnswerRecorder();
    expect(recorder.record([say(half), say(half), say('x')])).toBeUndefined();
    expect(recorder.record([stop])).toBeUndefined();
  });

  it.each<[string, Event]>([
    ['tool calls', { type: 'tool-call', id: 'a', name: 'f', input: '{}' }],
    ['a filter', { type: 'finish', reason: 'content-filter', usage }],
  ])('takes none with %s', (_, event) => {
    expect(new AnswerRecorder().record([say('a'), event, stop])).toBeUndefined();
  });
});

describe('a kept answer', () => {
  it('is read from its JSON', () => {
    const answer = new AnswerRecorder().record([say('a'), stop]);
    expect(parseAnswer(JSON.stringify(answer))).toEqual(answer);
  });

  it.each(['', '{', 'null', '{"deltas":[]}'])('is none if something else stands there: %s', (json) => {
    expect(parseAnswer(json)).toBeUndefined();
  });
});
