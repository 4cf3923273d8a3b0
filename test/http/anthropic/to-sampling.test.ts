import { describe, expect, it } from 'vitest';
import { toRequest } from './to-request.js';

describe('sampling', () => {
  it.each([
    [
      { temperature: 0, top_p: 0.5, top_k: 40 },
      { temperature: 0, topP: 0.5, topK: 40 },
    ],
    [{ stop_sequences: ['a', '', 'b'] }, { stop: ['a', 'b'] }],
    [{ stop_sequences: [''] }, {}],
    [{ thinking: { type: 'disabled' } }, { reasoningEffort: 'none' }],
    [{ thinking: { type: 'enabled' } }, { reasoningEffort: 'medium' }],
    [{ thinking: { type: 'enabled', budget_tokens: 1_024 } }, { reasoningEffort: 'low' }],
    [{ thinking: { type: 'enabled', budget_tokens: 4_096 } }, { reasoningEffort: 'low' }],
    [{ thinking: { type: 'enabled', budget_tokens: 4_097 } }, { reasoningEffort: 'medium' }],
    [{ thinking: { type: 'enabled', budget_tokens: 16_384 } }, { reasoningEffort: 'medium' }],
    [{ thinking: { type: 'enabled', budget_tokens: 31_999 } }, { reasoningEffort: 'high' }],
    [{ thinking: { type: 'adaptive' } }, {}],
    [{ thinking: { type: 'between_tools' } }, {}],
    [{ output_config: { effort: 'xhigh' } }, { reasoningEffort: 'xhigh' }],
    [{ output_config: { effort: null } }, {}],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, { reasoningEffort: 'low' }],
    [
      { thinking: { type: 'enabled', budget_tokens: 1_024 }, output_config: { effort: 'max' } },
      { reasoningEffort: 'max' },
    ],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'max' } }, { reasoningEffort: 'none' }],
  ])('%j is %j', (body, sampling) => {
    expect(toRequest(body).sampling).toEqual({ maxTokens: 9, ...sampling });
  });
});

describe('a format of the answer', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } } };
  const output_config = { format: { type: 'json_schema', schema } };

  it.each([
    [true, 'streamed'],
    [false, 'whole'],
    [null, 'whole'],
  ])('is passed on, stream: %s', (stream, delivery) => {
    expect(toRequest({ output_config, stream }).format).toEqual({ schema, delivery });
  });

  it('need not be given', () => {
    expect(toRequest({ output_config: { effort: 'low', format: null } })).not.toHaveProperty('format');
  });
});
