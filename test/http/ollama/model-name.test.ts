import { describe, expect, it } from 'vitest';
import { parseModelName, toFullName, toShortestName } from '../../../src/http/ollama/model-name.js';

function shortest(text: string): string | undefined {
  const name = parseModelName(text);
  return name && toShortestName(name);
}

describe('a model name', () => {
  it.each([
    ['llama3', 'llama3:latest'],
    [' llama3 ', 'llama3:latest'],
    ['_a-b.c_1:Q4_K.M', '_a-b.c_1:Q4_K.M'],
    ['library/llama3', 'llama3:latest'],
    ['me/llama3:7b', 'me/llama3:7b'],
    ['registry.ollama.ai/library/llama3', 'llama3:latest'],
    ['registry.ollama.ai/me/llama3', 'me/llama3:latest'],
    ['hf.co/me/llama3:Q8', 'hf.co/me/llama3:Q8'],
    ['https://hf.co:443/me/llama3', 'hf.co:443/me/llama3:latest'],
    ['llama3:local', 'llama3:latest'],
    ['llama3:7b:LOCAL', 'llama3:7b'],
    [`${'a'.repeat(80)}:${'b'.repeat(80)}`, `${'a'.repeat(80)}:${'b'.repeat(80)}`],
  ])('%j is shown as %j', (text, shown) => {
    expect(shortest(text)).toBe(shown);
  });

  it.each([
    '',
    ' ',
    'a:',
    ':a',
    '/a',
    'a/',
    'a//b',
    'a/b/c/d',
    'a b',
    '-a',
    '.a',
    'a:-b',
    'a:b:c',
    'a@b',
    'é',
  ])('%j is none', (text) => {
    expect(parseModelName(text)).toBeUndefined();
  });

  it.each(['a.b/c', `${'a'.repeat(81)}`, `m:${'a'.repeat(81)}`, `${'h'.repeat(351)}/n/m`])(
    '%j is none',
    (text) => {
      expect(parseModelName(text)).toBeUndefined();
    },
  );

  it.each([
    ['m', 'any'],
    ['m:7b', 'any'],
    ['m-cloud', 'any'],
    ['m:cloud', 'cloud'],
    ['m:Cloud', 'cloud'],
    ['m:120b-cloud', 'cloud'],
    ['m:local', 'local'],
    ['m:cloud:local', 'both'],
    ['m:local:cloud', 'both'],
    ['m:120b-cloud:local', 'both'],
  ])('%j asks for a model that is %s', (text, source) => {
    expect(parseModelName(text)?.source).toBe(source);
  });

  it('is spelt out in full, where it is one', () => {
    expect(toFullName('m')).toBe('registry.ollama.ai/library/m:latest');
    expect(toFullName('h.x/me/m:1b')).toBe('h.x/me/m:1b');
    expect(toFullName('@cf/m/x')).toBe('@cf/m/x');
  });
});
