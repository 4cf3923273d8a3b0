import { describe, expect, it } from 'vitest';
import type { Capability } from '../../../src/core/model.js';
import { toParameterCount, toTemplate } from '../../../src/http/ollama/show.js';
import { card, modelOf } from '../../model.js';
import { post } from './ask-server.js';
import { saying, startServer } from './scripted-server.js';

async function show(body: object, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const llama = {
    ...card,
    contextLength: 8192,
    capabilities: ['completion', 'insert'] as const,
    family: 'llama',
    parameterSize: '8.03B',
    quantizationLevel: 'Q4_K_M',
  };
  const models = [modelOf('m'), modelOf('llama3:8b', { target: 'm', card: llama })];
  const server = await startServer(() => saying(), { models });
  const response = await fetch(`${server.url}/api/show`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
  });
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

describe('/api/show', () => {
  it('shows the card of the model', async () => {
    expect(await show({ model: 'llama3:8b', verbose: true, system: 'x', options: {} })).toMatchObject({
      details: {
        family: 'llama',
        families: ['llama'],
        parameter_size: '8.03B',
        quantization_level: 'Q4_K_M',
      },
      model_info: {
        'general.architecture': 'llama',
        'general.basename': 'llama3:8b',
        'general.parameter_count': 8_030_000_000,
        'llama.context_length': 8192,
      },
      parameters: 'num_ctx                        8192',
      capabilities: ['completion', 'insert'],
    });
  });

  it.each([{ model: 'm' }, { name: 'm' }, { model: '', name: 'm' }, { model: 'm', name: 'nope' }])(
    'takes %j',
    async (body) => {
      expect(await show(body)).toMatchObject({ model_info: { 'general.basename': 'm' } });
    },
  );

  it.each([
    ['GitHubCopilotChat/0.31.0', 'M:latest'],
    ['ollama-js/0.6.4', 'm'],
  ])('names the model for %s as %s', async (agent, basename) => {
    const shown = await show({ model: 'M:latest' }, { 'user-agent': agent });
    expect(shown).toMatchObject({ model_info: { 'general.basename': basename } });
  });

  it('is complete for every model that is listed', async () => {
    const server = await startServer(() => saying());
    const { models } = JSON.parse(await (await fetch(`${server.url}/api/tags`)).text());
    for (const { name } of models) {
      const shown = JSON.parse(await (await post(`${server.url}/api/show`, { model: name })).text());
      for (const key of ['license', 'modelfile', 'parameters', 'template', 'details', 'model_info']) {
        expect(shown[key]).toBeTruthy();
      }
      expect(Number.isNaN(Date.parse(shown.modified_at))).toBe(false);
    }
  });
});

describe('the template', () => {
  it.each([
    [['completion'], false, false],
    [['completion', 'tools'], true, false],
    [['completion', 'insert'], false, true],
    [['completion', 'tools', 'insert', 'vision', 'thinking'], true, true],
  ] as const)(
    'for %j names tools: %j, a suffix: %j',
    (capabilities: readonly Capability[], tools, suffix) => {
      const template = toTemplate(capabilities);
      expect(template.includes('tools')).toBe(tools);
      expect(template.includes('.Tools')).toBe(tools);
      expect(template.includes('.Suffix')).toBe(suffix);
      expect(template.split('{{ end }}')).toHaveLength(template.split(/\{\{ (?:if|range) /).length);
    },
  );
});

describe('the number of parameters', () => {
  it.each([
    ['8B', 8_000_000_000],
    ['3.2b', 3_200_000_000],
    ['270M', 270_000_000],
    ['1T', 1_000_000_000_000],
    ['7 B', 7_000_000_000],
    ['unknown', 1],
    ['0', 1],
    ['.', 1],
    ['1.2.3B', 1],
    ['8x7B', 1],
  ])('of %s is %i', (size, count) => {
    expect(toParameterCount(size)).toBe(count);
  });
});
