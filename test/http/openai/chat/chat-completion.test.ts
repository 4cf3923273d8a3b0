import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../src/core/collect.js';
import { type AnswerStyle, toChatCompletion } from '../../../../src/http/openai/chat/chat-completion.js';
import { createEnvelope } from '../../../../src/http/openai/envelope.js';

const envelope = { id: 'chatcmpl-1', created: 7, model: 'm' };
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const plain: Answer = { text: 'hi', reasoning: '', toolCalls: [], reason: 'stop', usage };

const style: AnswerStyle = { reasoningField: 'both', isLegacy: false, customTools: new Set() };

function choiceOf(answer: Partial<Answer>, asked: Partial<AnswerStyle> = {}) {
  return toChatCompletion([{ ...plain, ...answer }], envelope, { ...style, ...asked }).choices[0];
}

function messageOf(answer: Partial<Answer>, asked: Partial<AnswerStyle> = {}) {
  return choiceOf(answer, asked)?.message;
}

describe('a whole chat completion', () => {
  it('has these keys and no others', () => {
    expect(toChatCompletion([plain], envelope, style)).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 7,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'hi', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 1, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      service_tier: 'default',
      system_fingerprint: null,
    });
  });

  it('has no content where there are only calls', () => {
    const toolCalls = [{ type: 'tool-call', id: 'c', name: 'f', input: '' }] as const;
    const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }];
    expect(messageOf({ text: '', toolCalls })).toMatchObject({ content: null, tool_calls: calls });
    expect(messageOf({ toolCalls })).toMatchObject({ content: 'hi', tool_calls: calls });
    expect(choiceOf({ toolCalls })?.finish_reason).toBe('tool_calls');
    expect(messageOf({ text: '' })).toEqual({ role: 'assistant', content: '', refusal: null });
  });

  it.each([
    ['both', { reasoning: 'hm', reasoning_content: 'hm' }],
    ['reasoning', { reasoning: 'hm' }],
    ['reasoning_content', { reasoning_content: 'hm' }],
    ['none', {}],
  ] as const)('holds the reasoning as %s', (reasoningField, keys) => {
    const message = { role: 'assistant', content: 'hi', refusal: null };
    expect(messageOf({ reasoning: 'hm' }, { reasoningField })).toEqual({ ...message, ...keys });
    expect(messageOf({ reasoning: '' }, { reasoningField })).toEqual(message);
  });

  it('has one call in the form that came before tools', () => {
    const toolCalls = [
      { type: 'tool-call', id: 'c1', name: 'f', input: '{"a":1}' },
      { type: 'tool-call', id: 'c2', name: 'g', input: '{}' },
    ] as const;
    const choice = choiceOf({ text: '', toolCalls }, { isLegacy: true });
    expect(choice).toMatchObject({ finish_reason: 'function_call' });
    expect(choice?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      function_call: { name: 'f', arguments: '{"a":1}' },
    });
    expect(choiceOf({}, { isLegacy: true })?.finish_reason).toBe('stop');
  });

  it('gives a custom tool its text', () => {
    const toolCalls = [
      { type: 'tool-call', id: 'c1', name: 'patch', input: '{"input":"*** Begin"}' },
      { type: 'tool-call', id: 'c2', name: 'f', input: '{"input":"x"}' },
    ] as const;
    expect(messageOf({ toolCalls }, { customTools: new Set(['patch']) })).toMatchObject({
      tool_calls: [
        { id: 'c1', type: 'custom', custom: { name: 'patch', input: '*** Begin' } },
        { id: 'c2', type: 'function', function: { name: 'f', arguments: '{"input":"x"}' } },
      ],
    });
  });

  it('has a choice for each answer, and the tokens of all of them', () => {
    const completion = toChatCompletion([plain, { ...plain, text: 'ho', reason: 'length' }], envelope, style);
    expect(completion.choices).toMatchObject([
      { index: 0, message: { content: 'hi' }, finish_reason: 'stop' },
      { index: 1, message: { content: 'ho' }, finish_reason: 'length' },
    ]);
    expect(completion.usage).toMatchObject({
      prompt_tokens: 6,
      completion_tokens: 4,
      total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 2 },
    });
  });

  it('has an id of its own and a time in whole seconds', () => {
    const clock = { now: () => 7_999, monotonic: () => 0 };
    const first = createEnvelope('chatcmpl-', 'm', clock);
    expect(first).toMatchObject({ id: expect.stringMatching(/^chatcmpl-[A-Za-z0-9]{24,}$/), created: 7 });
    expect(createEnvelope('chatcmpl-', 'm', clock).id).not.toBe(first.id);
  });
});
