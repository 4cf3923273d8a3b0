import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tagsAnswer } from '../../../src/http/ollama/model-lists.js';
import { modelOf } from '../../model.js';

const MODIFIED_AT = '2026-08-21T10:00:00.000Z';

describe('tagsAnswer', () => {
  it('lists a model under its tagged name, with every key that clients need', () => {
    const digest = createHash('sha256').update('claude-sonnet-4').digest('hex');
    expect(tagsAnswer([modelOf('claude-sonnet-4')], MODIFIED_AT)).toEqual({
      status: 200,
      contentType: 'application/json; charset=utf-8',
      body:
        '{"models":[{"name":"claude-sonnet-4:latest","model":"claude-sonnet-4:latest",' +
        `"modified_at":"${MODIFIED_AT}","size":1,"digest":"${digest}",` +
        '"details":{"parent_model":"","format":"gguf","family":"test","families":["test"],' +
        '"parameter_size":"unknown","quantization_level":"unknown","context_length":200000},' +
        '"capabilities":["completion","tools","vision","thinking"]}]}',
    });
  });

  it('says of a model that no worker serves it now', () => {
    const models = [modelOf('x', { service: 'live' }), modelOf('y', { service: 'none' })];
    const listed = JSON.parse(tagsAnswer(models, MODIFIED_AT).body).models;
    expect(listed.map((model: object) => 'active' in model)).toEqual([false, true]);
    expect(listed[1]).toMatchObject({ name: 'y:latest', active: false });
  });

  it('is an empty list where there is nothing to list', () => {
    expect(tagsAnswer([modelOf('sonnet', { listed: false })], MODIFIED_AT).body).toBe('{"models":[]}');
  });

  it.each([
    ['qwen3:8b', 'qwen3:8b'],
    ['gpt-4o', 'gpt-4o:latest'],
    ['org/model.x', 'org/model.x:latest'],
    ['host:80/llama3', 'host:80/llama3:latest'],
  ])('lists %s as %s', (id, name) => {
    expect(JSON.parse(tagsAnswer([modelOf(id)], MODIFIED_AT).body)).toMatchObject({
      models: [{ name, model: name }],
    });
  });
});
