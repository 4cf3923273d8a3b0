import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tagsAnswer } from '../../../src/http/ollama/tags.js';

const MODIFIED_AT = '2026-08-21T10:00:00.000Z';

function model(id: string, listed = true) {
  return { id, target: id, listed };
}

describe('tagsAnswer', () => {
  it('lists a model under its tagged name, with every key that clients need', () => {
    const digest = createHash('sha256').update('claude-sonnet-4').digest('hex');
    expect(tagsAnswer([model('claude-sonnet-4')], MODIFIED_AT)).toEqual({
      status: 200,
      contentType: 'application/json; charset=utf-8',
      body:
        '{"models":[{"name":"claude-sonnet-4:latest","model":"claude-sonnet-4:latest",' +
        `"modified_at":"${MODIFIED_AT}","size":1,"digest":"${digest}",` +
        '"details":{"parent_model":"","format":"gguf","family":"claude","families":["claude"],' +
        '"parameter_size":"unknown","quantization_level":"unknown"},' +
        '"capabilities":["completion","tools","vision","thinking"]}]}',
    });
  });

  it('is an empty list where there is nothing to list', () => {
    expect(tagsAnswer([model('sonnet', false)], MODIFIED_AT).body).toBe('{"models":[]}');
  });

  it.each([
    ['qwen3:8b', 'qwen3:8b', 'qwen'],
    ['gpt-4o', 'gpt-4o:latest', 'gpt'],
    ['org/model.x', 'org/model.x:latest', 'model.x'],
    ['host:80/llama3', 'host:80/llama3:latest', 'llama'],
    ['4o', '4o:latest', 'unknown'],
  ])('lists %s as %s of the family %s', (id, name, family) => {
    const { body } = tagsAnswer([model(id)], MODIFIED_AT);
    expect(JSON.parse(body)).toMatchObject({
      models: [{ name, model: name, details: { family, families: [family] } }],
    });
  });
});
