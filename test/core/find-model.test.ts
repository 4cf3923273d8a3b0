import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES, findModel, findNewest, findSpelling } from '../../src/core/find-model.js';
import type { Model, Service } from '../../src/core/model.js';
import { modelOf } from '../model.js';

function modelsOf(service: Service | undefined, ...ids: readonly string[]): readonly Model[] {
  return ids.map((id) => modelOf(id, service === undefined ? {} : { service }));
}

/** What hum's worker lists. */
const HUM = [
  'claude-opus-4-7',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
  'claude-sonnet-4-5',
  'claude-haiku-4-5-20251001',
];

describe('a name', () => {
  const models = modelsOf(
    undefined,
    'claude-sonnet-4',
    'Qwen:7b',
    'qwen:latest',
    'org/name@v1:latest',
    'x',
    'X',
  );

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

  it.each(['claude-sonnet-4:7b', 'qwen:13b', 'claude', '', ':latest', 'y'.repeat(100_000)])(
    '%j means none',
    (asked) => {
      expect(findModel(models, asked)).toBeUndefined();
    },
  );
});

describe('the spelling of a name', () => {
  const isSpelling = (one: string, other: string) => findSpelling([modelOf(one)], other) !== undefined;

  it.each([
    ['claude-haiku-4.5', 'claude-haiku-4-5'],
    ['claude-haiku-4.5', 'claude-haiku-4-5-20251001'],
    ['claude-haiku-4-5', 'claude-haiku-4-5-20251001'],
    ['Claude-Haiku-4.5:latest', 'claude-haiku-4-5-20251001'],
    ['claude-sonnet-4-0', 'claude-sonnet-4-20250514'],
    ['claude-3-5-haiku-latest', 'claude-3-5-haiku-20241022'],
    ['claude-3.5-haiku', 'claude-haiku-3-5'],
    ['claude-4-sonnet', 'claude-sonnet-4'],
    ['gpt-4.1', 'gpt-4-1'],
    ['llama3.1:8b', 'llama3-1:8b'],
    ['model-20250101:7b', 'model:7b'],
  ])('%s and %s is of one model', (one, other) => {
    expect(isSpelling(one, other)).toBe(true);
    expect(isSpelling(other, one)).toBe(true);
  });

  it.each([
    ['claude-haiku-4-5', 'claude-haiku-4'],
    ['claude-haiku-4-5', 'claude-haiku-4-5-1'],
    ['claude-haiku-4-5', 'claude-sonnet-4-5'],
    ['claude-haiku-4-20251001', 'claude-haiku-4-5-20251001'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5-20250101'],
    ['claude-haiku-4-5', 'claude-haiku-4-5-thinking'],
    ['claude-haiku-4-5', 'claude-haiku-4-5:7b'],
    ['claude-haiku-20251001', 'claude-haiku-2025100'],
    ['claude-haiku-20251001', 'claude-haiku-202510011'],
    ['claude-3-opus-4', 'claude-opus-3-4'],
    ['claude-haiku-45', 'claude-haiku-4-5'],
    ['gpt-4-turbo', 'gpt-turbo-4'],
    ['20250101', '20250102'],
    ['', ''],
  ])('%s and %s is of two', (one, other) => {
    expect(isSpelling(one, other)).toBe(false);
    expect(isSpelling(other, one)).toBe(false);
  });
});

describe("in front of hum's worker", () => {
  const models = modelsOf('live', ...HUM);

  it.each([
    ['claude-haiku-4.5', 'claude-haiku-4-5'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5-20251001'],
    ['claude-haiku-4.5-20251001', 'claude-haiku-4-5-20251001'],
    ['claude-opus-4.7', 'claude-opus-4-7'],
    ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5'],
    ['claude-sonnet-4.5', 'claude-sonnet-4-5'],
    ['claude-sonnet-4-6-20260210', 'claude-sonnet-4-6'],
    // Names that hum lacks, of families that it has.
    ['claude-3-5-haiku-20241022', 'claude-haiku-4-5'],
    ['claude-3-5-haiku-latest', 'claude-haiku-4-5'],
    ['claude-haiku-4-5-20240101', 'claude-haiku-4-5'],
    ['claude-sonnet-4-20250514', 'claude-sonnet-4-6'],
    ['claude-sonnet-4', 'claude-sonnet-4-6'],
    ['claude-3-7-sonnet-20250219', 'claude-sonnet-4-6'],
    ['claude-opus-4-1', 'claude-opus-4-7'],
    ['claude-opus-4-1-20250805', 'claude-opus-4-7'],
    ['claude-opus-4-8', 'claude-opus-4-7'],
    ['claude-3-opus-20240229', 'claude-opus-4-7'],
    ['CLAUDE-3-OPUS-20240229:latest', 'claude-opus-4-7'],
  ])('%s means %s', (asked, id) => {
    expect(findModel(models, asked)?.id).toBe(id);
  });

  it.each([
    'claude-2.1',
    'claude-instant-1',
    'claude',
    'gpt-4o',
    'sonnets',
    'claude-sonnet-opus-4',
    'my-sonnet',
  ])('%s means none', (asked) => {
    expect(findModel(models, asked)).toBeUndefined();
  });

  it('a name that is respelt counts before what stands in for it', () => {
    const respell = (asked: string) => asked.replace('mine/', '');
    expect(findModel(models, 'mine/claude-haiku-4.5', { respell })?.id).toBe('claude-haiku-4-5');
    expect(findModel(models, 'mine/claude-3-haiku', { respell })?.id).toBe('claude-haiku-4-5');
    const odd = [...models, modelOf('claude-x-haiku', { service: 'live' })];
    expect(findModel(odd, 'claude-9-haiku', { respell: () => 'claude-x-haiku' })?.id).toBe('claude-x-haiku');
  });
});

describe('the default model', () => {
  const models = [...modelsOf('live', 'claude-haiku-4-5', 'llama'), ...modelsOf('none', 'claude-opus-4-7')];
  const find = (asked: string, defaultModel: string) => findModel(models, asked, { defaultModel })?.id;

  it.each([
    ['gpt-4o', 'llama', 'llama'],
    ['gpt-4o', 'Llama:latest', 'llama'],
    ['gpt-4o', 'claude-haiku-4.5', 'claude-haiku-4-5'],
    ['gpt-4o', 'claude-opus-4-7', 'claude-opus-4-7'],
    ['claude-3-sonnet', 'llama', 'llama'],
    ['claude-opus-4-1', 'llama', 'llama'],
    ['y'.repeat(1_000), 'llama', 'llama'],
    // Names that mean something.
    ['claude-3-haiku', 'llama', 'claude-haiku-4-5'],
    ['claude-opus-4-7', 'llama', 'claude-opus-4-7'],
    ['gpt-4o', 'gpt-5', undefined],
  ])('for %s, if it is %s, is %s', (asked, defaultModel, id) => {
    expect(find(asked, defaultModel)).toBe(id);
  });

  it('stands in for nothing where nobody knows who is there: humd decides', () => {
    const unknown = modelsOf(undefined, ...HUM);
    expect(findModel(unknown, 'gpt-4o', { defaultModel: 'claude-opus-4-7' })).toBeUndefined();
    expect(findModel(unknown, 'claude-opus-4-1')).toBeUndefined();
    expect(findModel(unknown, 'claude-opus-4.7')?.id).toBe('claude-opus-4-7');
  });
});

describe('what nobody serves', () => {
  it('is found where nothing that is served is meant', () => {
    const models = [
      ...modelsOf('none', 'claude-sonnet-4-5', 'claude-opus-4-7'),
      ...modelsOf('live', 'claude-sonnet-4-6'),
    ];
    const find = (asked: string) => findModel(models, asked)?.id;
    expect(find('claude-sonnet-4-5')).toBe('claude-sonnet-4-5');
    expect(find('claude-sonnet-4.5')).toBe('claude-sonnet-4-5');
    expect(find('claude-sonnet-4')).toBe('claude-sonnet-4-6');
    expect(find('claude-3-opus')).toBe('claude-opus-4-7');
  });

  it('gives way to another spelling that is served', () => {
    const models = [
      ...modelsOf('none', 'claude-haiku-4-5'),
      ...modelsOf('live', 'claude-haiku-4-5-20251001'),
    ];
    expect(findModel(models, 'claude-haiku-4.5')?.id).toBe('claude-haiku-4-5-20251001');
    expect(findModel(models, 'claude-haiku-4-5')?.id).toBe('claude-haiku-4-5');
  });
});

describe('the newest of a family', () => {
  it.each([
    ['sonnet', HUM, 'claude-sonnet-4-6'],
    ['haiku', HUM, 'claude-haiku-4-5'],
    ['opus', HUM, 'claude-opus-4-7'],
    ['sonnet', ['claude-sonnet-4-9', 'claude-sonnet-4-10'], 'claude-sonnet-4-10'],
    ['sonnet', ['claude-sonnet-4-20250514', 'claude-sonnet-4-5'], 'claude-sonnet-4-5'],
    ['sonnet', ['claude-3-7-sonnet-20250219', 'claude-sonnet-4'], 'claude-sonnet-4'],
    ['sonnet', ['claude-sonnet-5-thinking', 'claude-sonnet-5'], 'claude-sonnet-5'],
    ['sonnet', ['claude-sonnet-4-5-20250101', 'claude-sonnet-4-5-20250929'], 'claude-sonnet-4-5-20250929'],
    ['sonnet', ['claude-sonnet-99999999', 'claude-sonnet-3'], 'claude-sonnet-3'],
    ['sonnet', ['Claude-SONNET'], 'Claude-SONNET'],
    ['sonnet', ['my-sonnet', 'claude-sonnet-3'], 'claude-sonnet-3'],
    ['sonnet', ['my-sonnet', 'other-sonnet'], 'my-sonnet'],
    ['sonnet', ['sonnets', 'claude-opus-4-7'], undefined],
    ['opus', [], undefined],
  ] as const)('%s of %j is %s', (family, ids, id) => {
    expect(findNewest(modelsOf('live', ...ids), family)?.id).toBe(id);
  });
});

interface Claude {
  readonly family: (typeof FAMILIES)[number];
  readonly version: readonly number[];
  readonly date: string | undefined;
}

const claude: fc.Arbitrary<Claude> = fc.record({
  family: fc.constantFrom(...FAMILIES),
  version: fc
    .array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 2 })
    .filter((version) => version.at(-1) !== 0),
  date: fc.option(fc.constantFrom('20240229', '20250514', '20251001'), { nil: undefined }),
});

function nameOf({ family, version, date }: Claude, separator = '-'): string {
  return ['claude', family, version.join(separator), ...(date === undefined ? [] : [date])].join('-');
}

function compare(one: readonly number[], other: readonly number[]): number {
  return (one[0] ?? 0) - (other[0] ?? 0) || (one[1] ?? 0) - (other[1] ?? 0);
}

describe('any name of Claude', () => {
  const mesh = fc.uniqueArray(claude, { selector: (one) => nameOf(one), maxLength: 12 });
  const mixed = mesh.chain((served) =>
    fc.record({
      served: fc.constant(served),
      asked: served.length === 0 ? claude : fc.oneof(claude, fc.constantFrom(...served)),
    }),
  );
  const spelling = fc.record({
    dots: fc.boolean(),
    capitals: fc.boolean(),
    tag: fc.constantFrom('', ':latest', ':LATEST'),
  });
  const spell = (one: Claude, { dots, capitals, tag }: { dots: boolean; capitals: boolean; tag: string }) => {
    const name = nameOf(one, dots ? '.' : '-');
    return (capitals ? name.toUpperCase() : name) + tag;
  };

  it('means one of its own family, and the newest unless its own version is served', () => {
    fc.assert(
      fc.property(mixed, spelling, ({ served, asked }, style) => {
        const found = findModel(modelsOf('live', ...served.map((one) => nameOf(one))), spell(asked, style));
        const family = served.filter((one) => one.family === asked.family);
        if (family.length === 0) {
          expect(found).toBeUndefined();
          return;
        }
        const model = family.find((one) => nameOf(one) === found?.id);
        if (model === undefined) throw new Error(`${found?.id} is of another family`);
        const same = family.filter(
          ({ version, date }) =>
            compare(version, asked.version) === 0 &&
            (date === asked.date || date === undefined || asked.date === undefined),
        );
        if (same.length > 0) expect(same).toContain(model);
        else for (const { version } of family) expect(compare(version, model.version)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('means exactly itself where it is there, in whatever order the models stand', () => {
    fc.assert(
      fc.property(mixed, fc.constantFrom('live', 'none', 'stub', undefined), ({ served, asked }, service) => {
        const others = modelsOf(
          'live',
          ...served.map((one) => nameOf(one)).filter((id) => id !== nameOf(asked)),
        );
        const [own] = modelsOf(service, nameOf(asked));
        if (own === undefined) throw new Error('made above');
        for (const models of [
          [own, ...others],
          [...others, own],
        ])
          expect(findModel(models, nameOf(asked))).toBe(own);
      }),
    );
  });

  it('means the same in any order of the models', () => {
    fc.assert(
      fc.property(mixed, spelling, ({ served, asked }, style) => {
        const models = modelsOf('live', ...served.map((one) => nameOf(one)));
        const name = spell(asked, style);
        expect(findModel(models.toReversed(), name)).toBe(findModel(models, name));
      }),
    );
  });
});

describe('any text', () => {
  it('is looked up without a mistake, and what it means is among the models', () => {
    const parts = [
      'claude',
      '-',
      'sonnet',
      '.',
      '4',
      '20250101',
      ':latest',
      ':',
      '/',
      ' ',
      'ß',
      '\ud800',
      'haiku',
    ];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...parts)).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(fc.array(text), text, (ids, asked) => {
        const models = modelsOf('live', ...ids);
        const found = findModel(models, asked);
        expect(found === undefined || models.includes(found)).toBe(true);
        if (ids.includes(asked)) expect(found?.id).toBe(asked);
      }),
    );
  });
});
