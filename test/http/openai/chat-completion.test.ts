import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/conversation/collect.js';
import { toChatCompletion } from '../../../src/http/openai/chat-completion.js';
import { createEnvelope } from '../../../src/http/openai/envelope.js';

const envelope = { id: 'chatcmpl-1', created: 7, model: 'm' };
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const plain: Answer = { text: 'hi', reasoning: '', toolCalls: [], reason: 'stop', usage };

function messageOf(answer: Partial<Answer>) {
  return toChatCompletion({ ...plain, ...answer }, envelope).choices[0]?.message;
}

describe('a whole chat completion', () => {
  it('has these keys and no others', () => {
    expect(toChatCompletion(plain, envelope)).toEqual({
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
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 0 },
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
    expect(toChatCompletion({ ...plain, toolCalls }, envelope).choices[0]?.finish_reason).toBe('tool_calls');
    expect(messageOf({ text: '' })).toEqual({ role: 'assistant', content: '', refusal: null });
  });

  it('gives the reasoning under both of its names', () => {
    expect(messageOf({ reasoning: 'hm' })).toMatchObject({ reasoning: 'hm', reasoning_content: 'hm' });
  });

  it('has an id of its own and a time in whole seconds', () => {
    const clock = { now: () => 7_999, monotonic: () => 0 };
    const first = createEnvelope('m', clock);
    expect(first).toMatchObject({ id: expect.stringMatching(/^chatcmpl-[A-Za-z0-9]{24,}$/), created: 7 });
    expect(createEnvelope('m', clock).id).not.toBe(first.id);
  });
});
