import { describe, expect, it } from 'vitest';
import { completionBody, toTurnRequests } from '../../../../src/http/openai/completions/read-completion.js';
import { validate } from '../../../../src/http/openai/validate.js';

function toRequests(body: object) {
  return toTurnRequests(validate(completionBody, { model: 'm', prompt: 'Once', ...body }));
}

const asks = (text: string) => [{ role: 'user', content: [{ type: 'text', text }] }];

describe('the turns of a completion', () => {
  it('ask the raw prompt', () => {
    expect(toRequests({})).toEqual([{ model: 'm', messages: asks('Once'), tools: [], sampling: {} }]);
  });

  it('are n for each prompt, one prompt after the other', () => {
    expect(toRequests({ prompt: ['a', 'b'], n: 2 }).map(({ messages }) => messages)).toEqual([
      asks('a'),
      asks('a'),
      asks('b'),
      asks('b'),
    ]);
  });

  it('ask for what belongs in front of a suffix', () => {
    const [request] = toRequests({ prompt: 'def f(x):\n', suffix: '\nprint(f(1))' });
    expect(request?.messages).toEqual(asks('<before>def f(x):\n</before>\n<after>\nprint(f(1))</after>'));
    expect(request?.system).toMatch(/exactly the text that belongs between the two/);
    for (const suffix of ['', null]) expect(toRequests({ suffix })[0]).toEqual(toRequests({})[0]);
  });

  it('sample as they are told', () => {
    const knobs = {
      max_tokens: 5,
      temperature: 0,
      top_p: 0.5,
      stop: ['\n'],
      seed: 1,
      presence_penalty: 1,
      frequency_penalty: -1,
    };
    expect(toRequests(knobs)[0]?.sampling).toEqual({
      maxTokens: 5,
      temperature: 0,
      topP: 0.5,
      stop: ['\n'],
      seed: 1,
      presencePenalty: 1,
      frequencyPenalty: -1,
    });
  });
});
