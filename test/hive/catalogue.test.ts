import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/core/model.js';
import { createModelList, listModels as listModelsOf } from '../../src/hive/catalogue.js';
import { modelEntries } from '../../src/hive/model-entry.js';
import { parseRoster } from '../../src/hive/parse-roster.js';

function rosterOf(...workers: readonly (readonly string[])[]) {
  return parseRoster(
    Object.fromEntries(workers.map((models, index) => [index, { bee: ['worker'], models }])),
  );
}

/** As the configuration is written: names, or objects with a name. */
function listModels(sources: {
  configured: readonly unknown[];
  roster: ReturnType<typeof rosterOf> | undefined;
}) {
  return listModelsOf({
    ...sources,
    configured: modelEntries.parse(sources.configured),
    contextLength: 1_000,
  });
}

function names(models: readonly Model[]): readonly string[] {
  return models.filter((model) => model.listed).map((model) => model.id);
}

/** The short names as `sonnet=claude-sonnet-4`. */
function aliases(models: readonly Model[]): readonly string[] {
  return models.filter((model) => !model.listed).map((model) => `${model.id}=${model.target}`);
}

describe('the list', () => {
  it.each([
    { configured: [], workers: [], listed: [] },
    { configured: ['b', 'a'], workers: [], listed: ['b', 'a'] },
    { configured: [], workers: [['z', 'c'], ['b']], listed: ['b', 'c', 'z'] },
    {
      configured: ['z', 'a'],
      workers: [
        ['c', 'a'],
        ['b', 'c'],
      ],
      listed: ['z', 'a', 'b', 'c'],
    },
    { configured: ['a', 'a'], workers: [['a', 'A', 'a:latest']], listed: ['a', 'A', 'a:latest'] },
  ])('of $configured and $workers is $listed', ({ configured, workers, listed }) => {
    expect(names(listModels({ configured, roster: rosterOf(...workers) }))).toEqual(listed);
  });

  it('is the configuration if nobody knows who is there', () => {
    expect(listModels({ configured: ['b', 'a'], roster: undefined })).toMatchObject([
      { id: 'b', target: 'b', listed: true },
      { id: 'a', target: 'a', listed: true },
    ]);
  });

  it('is in the same order whatever the order of the workers', () => {
    const one = listModels({ configured: [], roster: rosterOf(['a', 'b'], ['c-opus']) });
    const other = listModels({ configured: [], roster: rosterOf(['c-opus'], ['b', 'a']) });
    expect(one).toEqual(other);
  });
});

describe('the short names', () => {
  it.each([
    {
      what: 'stand for configured models',
      configured: ['claude-sonnet-4', 'claude-haiku-4.5', 'claude-opus-4.7'],
      workers: [],
      expected: ['sonnet=claude-sonnet-4', 'haiku=claude-haiku-4.5', 'opus=claude-opus-4.7'],
    },
    {
      what: 'stand for what is served now before what is only configured',
      configured: ['claude-sonnet-4', 'claude-opus-4.7'],
      workers: [['claude-sonnet-5']],
      expected: ['sonnet=claude-sonnet-5', 'opus=claude-opus-4.7'],
    },
    {
      what: 'follow the configured order among what is served now',
      configured: ['sonnet-b', 'sonnet-c'],
      workers: [['sonnet-a', 'sonnet-c', 'sonnet-b']],
      expected: ['sonnet=sonnet-b'],
    },
    {
      what: 'find the word in any case',
      configured: ['Claude-SONNET'],
      workers: [],
      expected: ['sonnet=Claude-SONNET'],
    },
    {
      what: 'give way to a configured model of that name',
      configured: ['claude-sonnet-4', 'sonnet'],
      workers: [],
      expected: [],
    },
    {
      what: 'give way to a served model of that name',
      configured: ['claude-sonnet-4', 'claude-opus-4.7'],
      workers: [['sonnet']],
      expected: ['opus=claude-opus-4.7'],
    },
    { what: 'do not exist without a match', configured: ['gpt'], workers: [['llama']], expected: [] },
  ])('$what', ({ configured, workers, expected }) => {
    expect(aliases(listModels({ configured, roster: rosterOf(...workers) }))).toEqual(expected);
  });
});

describe('the aliases of the configuration', () => {
  it('are listed, and mean their model with its card', () => {
    const configured = [{ name: 'claude-sonnet-4', alias: 'llama3', contextLength: 8_000 }, 'b'];
    const models = listModels({ configured, roster: undefined });
    expect(names(models)).toEqual(['claude-sonnet-4', 'b', 'llama3']);
    expect(models.find(({ id }) => id === 'llama3')).toMatchObject({
      target: 'claude-sonnet-4',
      card: { contextLength: 8_000, family: 'claude' },
    });
  });

  it('give way to a model of that name', () => {
    const configured = [{ name: 'a', alias: ['b', 'c'] }, 'b'];
    const models = listModels({ configured, roster: rosterOf(['c']) });
    expect(models.map(({ id, target }) => `${id}=${target}`)).toEqual(['a=a', 'b=b', 'c=c']);
  });
});

describe('the card of a model', () => {
  const cardOf = (configured: unknown) =>
    listModels({ configured: [configured], roster: undefined })[0]?.card;

  it('has defaults', () => {
    expect(cardOf('claude-sonnet-4')).toEqual({
      contextLength: 1_000,
      capabilities: ['completion', 'tools', 'vision', 'thinking'],
      family: 'claude',
      parameterSize: 'unknown',
      quantizationLevel: 'unknown',
    });
  });

  it('shows what is configured', () => {
    const card = {
      contextLength: 5,
      capabilities: ['completion'],
      family: 'f',
      parameterSize: '8B',
      quantizationLevel: 'Q4_0',
    };
    expect(cardOf({ name: 'm', ...card })).toEqual(card);
  });

  it.each([
    ['qwen3:8b', 'qwen'],
    ['gpt-4o', 'gpt'],
    ['org/model.x', 'model.x'],
    ['host:80/llama3', 'llama'],
    ['4o', 'unknown'],
  ])('takes the family of %s for %s', (name, family) => {
    expect(cardOf(name)).toMatchObject({ family });
  });
});

describe('the list of a running hive', () => {
  it('is made anew for each roster, and only then', () => {
    const modelsOf = createModelList({ configured: modelEntries.parse(['a']), contextLength: 1_000 });
    const [one, other] = [rosterOf(['b']), rosterOf(['c'])];
    expect(names(modelsOf(one))).toEqual(['a', 'b']);
    expect(modelsOf(one)).toBe(modelsOf(one));
    expect(names(modelsOf(other))).toEqual(['a', 'c']);
    expect(names(modelsOf(undefined))).toEqual(['a']);
    expect(names(modelsOf(one))).toEqual(['a', 'b']);
  });
});
