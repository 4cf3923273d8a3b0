import { describe, expect, it } from 'vitest';
import { completionBody } from '../../../../src/http/openai/completions/read-completion.js';
import { validate } from '../../../../src/http/openai/validate.js';

const good = { model: 'm', prompt: 'Once' };
const TOKENS = "Invalid 'prompt': token arrays cannot be read here, because hum has no tokenizer. Send text.";

/** [body, param, code, message] */
const faults: readonly (readonly [object, string | undefined, string | undefined, string])[] = [
  [{}, undefined, undefined, 'you must provide a model parameter'],
  [{ model: 3 }, 'prompt', 'missing_required_parameter', "Missing required parameter: 'prompt'."],
  [
    { model: 'm', prompt: null },
    'prompt',
    'missing_required_parameter',
    "Missing required parameter: 'prompt'.",
  ],
  [
    { ...good, prompt: 5 },
    'prompt',
    'invalid_type',
    "Invalid type for 'prompt': expected one of a string or an array, but got an integer instead.",
  ],
  [
    { ...good, prompt: [] },
    'prompt',
    'empty_array',
    "Invalid 'prompt': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  ],
  [{ ...good, prompt: [1, 2, 3] }, 'prompt', 'unsupported_value', TOKENS],
  [{ ...good, prompt: [[1, 2], [3]] }, 'prompt', 'unsupported_value', TOKENS],
  [{ ...good, prompt: ['a', 7] }, 'prompt', 'unsupported_value', TOKENS],
  [
    { ...good, prompt: ['a', {}] },
    'prompt[1]',
    'invalid_type',
    "Invalid type for 'prompt[1]': expected a string, but got an object instead.",
  ],
  [
    { ...good, prompt: Array(129).fill('a') },
    'prompt',
    'array_above_max_length',
    "Invalid 'prompt': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
  ],
  [
    { ...good, prompt: Array(13).fill('a'), n: 10 },
    'n',
    'integer_above_max_value',
    "Invalid 'n': the prompts times 'n' must be at most 128, but are 130.",
  ],
  [
    { ...good, n: 0 },
    'n',
    'integer_below_min_value',
    "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
  ],
  [
    { ...good, max_tokens: -1 },
    'max_tokens',
    'integer_below_min_value',
    "Invalid 'max_tokens': integer below minimum value. Expected a value >= 0, but got -1 instead.",
  ],
  [
    { ...good, best_of: 21 },
    'best_of',
    'integer_above_max_value',
    "Invalid 'best_of': integer above maximum value. Expected a value <= 20, but got 21 instead.",
  ],
  [
    { ...good, n: 3, best_of: 2 },
    'best_of',
    'invalid_value',
    "Invalid 'best_of': 'best_of' must not be less than 'n'.",
  ],
  [
    { ...good, best_of: 2, stream: true },
    'best_of',
    'invalid_value',
    "Invalid 'best_of': 'best_of' cannot be used with 'stream'.",
  ],
  [
    { ...good, echo: 'yes' },
    'echo',
    'invalid_type',
    "Invalid type for 'echo': expected a boolean, but got a string instead.",
  ],
];

describe('the body of a completion', () => {
  it.each(faults)('is not %j', (body, param, reason, message) => {
    expect(() => validate(completionBody, body)).toThrow(
      expect.objectContaining({ code: 'bad-request', param, reason, message }),
    );
  });

  it.each([
    [{}, {}],
    [{ prompt: '' }, { prompt: [''] }],
    [{ prompt: ['a', 'b'] }, { prompt: ['a', 'b'] }],
    [
      { best_of: 3, n: 2 },
      { best_of: 3, n: 2 },
    ],
    [{ best_of: 0 }, { best_of: 0 }],
    [
      { best_of: 1, stream: true },
      { best_of: 1, stream: true },
    ],
    [{ max_tokens: 0 }, { max_tokens: 0 }],
    [{ logit_bias: { 50256: -100 }, user: 'u', unknown: [1] }, {}],
  ])('may be %j', (body, read) => {
    expect(validate(completionBody, { ...good, ...body })).toEqual({ model: 'm', prompt: ['Once'], ...read });
  });

  const optional = Object.keys(completionBody.shape).filter((key) => key !== 'model' && key !== 'prompt');
  it.each(optional)('may have null for %s', (key) => {
    expect(validate(completionBody, { ...good, [key]: null })).toMatchObject({ model: 'm' });
  });
});
