import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/core/model.js';
import { HUM_MODELS, listModels as listModelsOf } from '../../src/hive/catalogue.js';
import { modelEntries } from '../../src/hive/model-entry.js';
import { parseRoster, type Roster } from '../../src/hive/parse-roster.js';

function rosterOf(...workers: readonly (readonly string[])[]): Roster {
  return parseRoster(
    Object.fromEntries(workers.map((models, index) => [index, { bee: ['worker'], models }])),
  );
}

/** As the configuration is written: names, or objects with a name. */
function listModels(sources: {
  configured: readonly unknown[];
  roster: Roster | undefined;
  known?: readonly string[];
}) {
  return listModelsOf({
    known: [],
    embedTool: 'embed',
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
      listed: ['a', 'b', 'c', 'z'],
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
      what: 'stand for the newest version that is served',
      configured: ['claude-sonnet-4-5', 'claude-haiku-4.5'],
      workers: [HUM_MODELS],
      expected: ['sonnet=claude-sonnet-4-6', 'haiku=claude-haiku-4-5', 'opus=claude-opus-4-7'],
    },
    {
      what: 'stand for an older version that is served before a newer one that is only configured',
      configured: ['claude-opus-4.7', 'claude-sonnet-4-6'],
      workers: [['claude-sonnet-4-5']],
      expected: ['sonnet=claude-sonnet-4-5', 'opus=claude-opus-4.7'],
    },
    {
      what: 'stand for the newest configured version where nobody serves one',
      configured: ['claude-sonnet-4', 'claude-sonnet-4-6'],
      workers: [],
      expected: ['sonnet=claude-sonnet-4-6'],
    },
    {
      what: "follow the configured order among names that are not Claude's",
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
    expect(models.map(({ id, target }) => `${id}=${target}`)).toEqual(['c=c', 'a=a', 'b=b']);
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

describe('a model', () => {
  const served = (configured: readonly unknown[], roster: Roster | undefined, known?: readonly string[]) =>
    listModels({ configured, roster, ...(known ? { known } : {}) }).map(
      ({ id, target, listed, service }) =>
        `${listed ? '' : '('}${id}${id === target ? '' : `=${target}`}${listed ? '' : ')'} ${service}`,
    );

  it("of hum's worker comes before what is configured and not served", () => {
    const configured = ['claude-sonnet-4', 'claude-haiku-4.5', 'claude-opus-4.7'];
    expect(served(configured, rosterOf(HUM_MODELS), ['claude-sonnet-4-6', 'gone'])).toEqual([
      'claude-haiku-4.5=claude-haiku-4-5 live',
      'claude-opus-4.7=claude-opus-4-7 live',
      'claude-haiku-4-5 live',
      'claude-haiku-4-5-20251001 live',
      'claude-opus-4-7 live',
      'claude-sonnet-4-5 live',
      'claude-sonnet-4-6 live',
      'claude-sonnet-4 none',
      '(sonnet=claude-sonnet-4-6) live',
      '(haiku=claude-haiku-4-5) live',
      '(opus=claude-opus-4-7) live',
      '(gone) none',
    ]);
  });

  it('that is configured by name has the card of its entry under each spelling', () => {
    const models = listModels({
      configured: [{ name: 'claude-haiku-4.5', contextLength: 7, alias: 'small' }],
      roster: rosterOf(['claude-haiku-4-5-20251001']),
    });
    expect(models.map(({ id, target, card }) => [id, target, card.contextLength])).toEqual([
      ['claude-haiku-4.5', 'claude-haiku-4-5-20251001', 7],
      ['claude-haiku-4-5-20251001', 'claude-haiku-4-5-20251001', 7],
      ['small', 'claude-haiku-4-5-20251001', 7],
      ['haiku', 'claude-haiku-4-5-20251001', 7],
    ]);
  });

  it('that nobody serves takes its aliases with it to the end', () => {
    const configured = [
      { name: 'a', alias: 'b' },
      { name: 'c', alias: ['d', 'e'] },
    ];
    expect(served(configured, rosterOf(['c', 'e']))).toEqual([
      'c live',
      'e live',
      'd=c live',
      'a none',
      'b=a none',
    ]);
  });

  const bees = (...workers: readonly [name: string, ...models: string[]][]) =>
    parseRoster(
      Object.fromEntries(
        workers.map(([name, ...models], index) => [index, { bee: ['worker'], name, models }]),
      ),
    );

  it('that only claude-repl lists is not listed, configured or not, and nothing else stands for it', () => {
    const configured = [{ name: 'claude-opus-4-7', alias: 'best' }, 'claude-sonnet-4-6'];
    const roster = bees(['claude-repl', ...HUM_MODELS], ['claude-cli', 'claude-sonnet-4-6']);
    expect(served(configured, roster)).toEqual([
      'claude-sonnet-4-6 live',
      '(sonnet=claude-sonnet-4-6) live',
      '(haiku=claude-haiku-4-5) stub',
      '(opus=claude-opus-4-7) stub',
      '(claude-opus-4-7) stub',
      '(claude-haiku-4-5) stub',
      '(claude-haiku-4-5-20251001) stub',
      '(claude-sonnet-4-5) stub',
      '(best=claude-opus-4-7) stub',
    ]);
  });

  it('that makes embeddings and nothing else is served by the tool that makes them', () => {
    const entry = { name: 'nomic', capabilities: ['embedding'] };
    const roster = parseRoster({ a: { bee: ['forager'], tools: [{ name: 'embed' }] } });
    expect(served([entry], roster)).toEqual(['nomic live']);
    expect(served([entry], rosterOf())).toEqual(['nomic none']);
    expect(served([{ ...entry, capabilities: ['embedding', 'completion'] }, 'other'], roster)).toEqual([
      'nomic none',
      'other none',
    ]);
  });

  it('that was served before is known only where somebody knows who is there', () => {
    expect(served([], undefined, ['gone'])).toEqual([]);
    expect(served(['a'], undefined, ['gone'])).toEqual(['a undefined']);
    expect(served(['a'], rosterOf(['a']), ['gone', 'A'])).toEqual(['a live', '(gone) none']);
  });

  it('is found fast among thousands', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `model-${index}.1`);
    const models = listModels({
      configured: many.slice(0, 1_000).map((name) => name.replace('.', '-')),
      roster: rosterOf(many.slice(0, 2_000)),
      known: many.slice(2_000),
    });
    expect(models).toHaveLength(4_000);
  });
});
