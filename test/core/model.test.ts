import { describe, expect, it } from 'vitest';
import { findModel } from '../../src/core/model.js';
import { modelOf } from '../model.js';

const models = ['claude-sonnet-4', 'Qwen:7b', 'qwen:latest', 'org/name@v1:latest', 'x', 'X'].map((id) =>
  modelOf(id),
);

describe('findModel', () => {
  it.each([
    ['claude-sonnet-4', 'claude-sonnet-4'],
    ['claude-sonnet-4:latest', 'claude-sonnet-4'],
    ['Claude-Sonnet-4:LATEST', 'claude-sonnet-4'],
    ['qwen:7b', 'Qwen:7b'],
    ['qwen', 'qwen:latest'],
    ['org/name@v1', 'org/name@v1:latest'],
    ['X', 'X'],
    ['x', 'x'],
  ])('%s means %s', (asked, id) => {
    expect(findModel(models, asked)?.id).toBe(id);
  });

  it.each(['claude-sonnet-4:7b', 'qwen:13b', 'claude', '', ':latest'])('%j means none', (asked) => {
    expect(findModel(models, asked)).toBeUndefined();
  });
});
