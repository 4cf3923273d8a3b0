import { describe, expect, it } from 'vitest';
import { modelNotFound } from '../../../src/core/model.js';
import { readModelId } from '../../../src/http/named-model.js';
import { toModelEntry, toModelList } from '../../../src/http/openai/models-route.js';
import { modelOf } from '../../model.js';

const models = [modelOf('claude-sonnet-4'), modelOf('sonnet', { target: 'claude-sonnet-4', listed: false })];

const facts = {
  object: 'model',
  created: 7,
  owned_by: 'hum',
  context_window: 200_000,
  context_length: 200_000,
  max_model_len: 200_000,
};

describe('models', () => {
  it('are listed by their bare ids, without the names that only work', () => {
    expect(toModelList(models, 7)).toEqual({
      object: 'list',
      data: [{ id: 'claude-sonnet-4', ...facts }],
    });
    expect(toModelList([], 7)).toEqual({ object: 'list', data: [] });
  });

  it('that no worker serves now say so', () => {
    const unserved = modelOf('claude-opus-4', { service: 'none' });
    expect(toModelList([modelOf('x', { service: 'live' }), unserved], 7).data).toEqual([
      { id: 'x', ...facts },
      { id: 'claude-opus-4', ...facts, active: false },
    ]);
  });

  it('answer to the name that was asked for', () => {
    expect(toModelEntry('sonnet', modelOf('claude-sonnet-4'), 7)).toEqual({ id: 'sonnet', ...facts });
  });
});

describe('the id in a path', () => {
  it.each([
    ['/v1/models/x', 'x'],
    ['/v1/models/x/', 'x'],
    ['/v1/models/org/name:7b', 'org/name:7b'],
    ['/v1/models/org%2Fname%3A7b', 'org/name:7b'],
    ['/v1/models/a%252Fb', 'a%2Fb'],
    ['/v1/models/%C3%A4', 'ä'],
    ['/v1/models/100%25', '100%'],
    ['/models/org/name:7b', 'org/name:7b'],
    ['/v1/models/v1/models/x', 'v1/models/x'],
  ])('%s is %s', (path, id) => {
    expect(readModelId(path, modelNotFound)).toBe(id);
  });

  it.each(['/v1/models/%E0%A4', '/v1/models/100%'])('is not in %s', (path) => {
    expect(() => readModelId(path, modelNotFound)).toThrow(
      expect.objectContaining({ code: 'model-not-found' }),
    );
  });
});
