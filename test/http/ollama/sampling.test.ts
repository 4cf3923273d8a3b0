import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import type { Sampling } from '../../../src/core/request.js';
import { parseBody } from '../../../src/http/ollama/read-body.js';
import { chatBody, generateBody } from '../../../src/http/ollama/schema.js';
import { chatToTurnRequest, generateToTurnRequest } from '../../../src/http/ollama/to-turn-request.js';

const limits = { maxImageBytes: 1_000 };

function chat(body: Readonly<Record<string, unknown>>): Sampling {
  const messages = [{ role: 'user', content: 'x' }];
  return chatToTurnRequest(parseBody(chatBody, { model: 'm', messages, ...body }), limits, 'm').sampling;
}

function generate(body: Readonly<Record<string, unknown>>): Sampling {
  return generateToTurnRequest(parseBody(generateBody, { model: 'm', prompt: 'x', ...body }), limits, 'm')
    .sampling;
}

function badRequest(message: string): Fault {
  return new Fault('bad-request', message);
}

describe('the sampling of a turn', () => {
  it('turns options into sampling', () => {
    const options = {
      ...{ temperature: 0, top_p: 0.5, top_k: 40.9, min_p: 0.1, num_predict: 12, stop: ['a'], seed: 0 },
      ...{ frequency_penalty: 0.2, presence_penalty: 0.3, repeat_penalty: 1.1 },
      ...{ num_ctx: 4096, use_mmap: true, mirostat: 'whatever', typical_p: null },
    };
    expect(chat({ options })).toEqual({
      ...{ temperature: 0, topP: 0.5, topK: 40, minP: 0.1, maxTokens: 12, stop: ['a'], seed: 0 },
      ...{ frequencyPenalty: 0.2, presencePenalty: 0.3, repeatPenalty: 1.1 },
    });
    expect(chat({ options: { num_predict: -1, seed: -1, stop: [] } })).toEqual({});
    expect(chat({ options: null })).toEqual({});
  });

  it.each([
    [{ temperature: '0.5' }, 'option "temperature" must be of type float32'],
    [{ repeat_penalty: true }, 'option "repeat_penalty" must be of type float32'],
    [{ num_predict: '1' }, 'option "num_predict" must be of type integer'],
    [{ num_ctx: [] }, 'option "num_ctx" must be of type integer'],
    [{ use_mmap: 1 }, 'option "use_mmap" must be of type boolean'],
    [{ stop: 'a' }, 'option "stop" must be of type array'],
    [{ stop: ['a', 1] }, 'option "stop" must be of an array of strings'],
  ])('refuses the options %j', (options, message) => {
    expect(() => chat({ options })).toThrow(badRequest(message));
    expect(() => generate({ options })).toThrow(badRequest(message));
  });

  it.each([
    [true, 'medium'],
    [false, 'none'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['max', 'max'],
  ])('thinks %j as effort %s', (think, reasoningEffort) => {
    expect(chat({ think })).toEqual({ reasoningEffort });
    expect(generate({ think })).toEqual({ reasoningEffort });
  });

  it('leaves the effort to the worker where think is unset', () => {
    expect(chat({ think: null })).toEqual({});
  });

  it.each([
    ['', 'invalid think value: "" (must be "high", "medium", "low", "max", true, or false)'],
    ['x', 'invalid think value: "x" (must be "high", "medium", "low", "max", true, or false)'],
    [1, 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)'],
    [{}, 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)'],
  ])('refuses to think %j', (think, message) => {
    expect(() => chat({ think })).toThrow(badRequest(message));
  });
});
