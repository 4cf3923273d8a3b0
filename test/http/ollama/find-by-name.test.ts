import { describe, expect, it } from 'vitest';
import { findByName } from '../../../src/http/ollama/find-by-name.js';
import { modelOf } from '../../model.js';

const models = ['m', 'q:7b', '@cf/meta/x', 'odd name', 'me/n', 'real:cloud'].map((id) => modelOf(id));

describe('findByName', () => {
  it.each([
    ['m', 'm'],
    ['M:LATEST', 'm'],
    [' m', 'm'],
    ['library/m', 'm'],
    ['registry.ollama.ai/library/m:latest', 'm'],
    ['m:local', 'm'],
    ['q:7b:local', 'q:7b'],
    ['library/q:7b', 'q:7b'],
    ['registry.ollama.ai/me/n', 'me/n'],
    ['@cf/meta/x', '@cf/meta/x'],
    ['@cf/meta/x:latest', '@cf/meta/x'],
    ['odd name', 'odd name'],
    ['real:cloud', 'real:cloud'],
  ])('%j is the model %j', (asked, id) => {
    expect(findByName(models, asked)?.id).toBe(id);
  });

  it.each(['', 'q', 'm:7b', 'other/m', 'hf.co/library/m', 'm:cloud', 'm:latest-cloud', 'm:cloud:local'])(
    '%j is none of them',
    (asked) => {
      expect(findByName(models, asked)).toBeUndefined();
    },
  );
});
