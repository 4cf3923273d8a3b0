import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/collect.js';
import type { FinishReason } from '../../../src/core/event.js';
import { createEnvelope, toEnd, toUsage, toWholeMessage } from '../../../src/http/anthropic/message.js';

const envelope = { id: 'msg_1', model: 'm' };
const usage = { promptTokens: 14, completionTokens: 7, cachedTokens: 3, estimated: false };
const style = { inputTokens: 25, hidesThinking: false };
const plain: Answer = { text: 'hi', reasoning: '', toolCalls: [], reason: 'stop', usage };
const call = (input: string) => ({ type: 'tool-call', id: 't', name: 'f', input }) as const;

describe('a whole message', () => {
  it('has these keys and no others', () => {
    expect(toWholeMessage(plain, envelope, style)).toEqual({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'hi' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      container: null,
      context_management: null,
      diagnostics: null,
      usage: {
        input_tokens: 11,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 3,
        cache_creation: null,
        output_tokens: 7,
        output_tokens_details: null,
        server_tool_use: null,
        service_tier: null,
        inference_geo: null,
        speed: null,
      },
    });
  });

  it('has its blocks in order', () => {
    const toolCalls = [call('{"a":1}'), call('')];
    expect(toWholeMessage({ ...plain, reasoning: 'hm', toolCalls }, envelope, style)).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        { type: 'text', text: 'hi' },
        { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
        { type: 'tool_use', id: 't', name: 'f', input: {} },
      ],
      stop_reason: 'tool_use',
    });
  });

  it('has a list of blocks even if there are none', () => {
    expect(toWholeMessage({ ...plain, text: '' }, envelope, style).content).toEqual([]);
  });

  it.each([
    ['[1]', { input: [1] }],
    ['"x"', { input: 'x' }],
    ['null', { input: null }],
    ['{"a":', { input: '{"a":' }],
    [' ', {}],
  ])('has an object for the input %j', (input, expected) => {
    expect(toWholeMessage({ ...plain, toolCalls: [call(input)] }, envelope, style).content[1]).toMatchObject({
      input: expected,
    });
  });

  it('has an id of its own', () => {
    const first = createEnvelope('m');
    expect(first).toEqual({ id: expect.stringMatching(/^msg_[0-9a-f]{24}$/), model: 'm' });
    expect(createEnvelope('m').id).not.toBe(first.id);
  });
});

describe('why an answer ended', () => {
  it.each<[FinishReason, boolean, string]>([
    ['stop', false, 'end_turn'],
    ['length', false, 'max_tokens'],
    ['content-filter', false, 'refusal'],
    ['tool-calls', false, 'end_turn'],
    ['tool-calls', true, 'tool_use'],
    ['stop', true, 'tool_use'],
    ['length', true, 'tool_use'],
  ])('%s, calls: %s, is %s', (reason, hasCalls, expected) => {
    expect(toEnd(reason, hasCalls, undefined)).toEqual({
      stop_reason: expected,
      stop_sequence: null,
      stop_details: null,
    });
  });
});

describe('token counts', () => {
  it('are never below zero', () => {
    expect(toUsage({ ...usage, promptTokens: 2 }, style)).toMatchObject({
      input_tokens: 0,
      cache_read_input_tokens: 3,
    });
  });
});
