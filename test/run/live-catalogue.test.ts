import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LiveCatalogue } from '../../src/run/live-catalogue.js';
import { modelOf } from '../model.js';
import { temporaryFolder } from '../temporary-folder.js';

function startCatalogue(suffix = '') {
  const folder = temporaryFolder();
  const settings = { suffix };
  const rosterPaths = ['one.json', 'other.json'].map((name) => join(folder, name));
  const write = (index: number, roster: unknown) =>
    writeFileSync(rosterPaths[index] ?? '', JSON.stringify(roster));
  const catalogue = new LiveCatalogue({
    rosters: rosterPaths.map((rosterPath) => ({ rosterPath, expectedModels: ['expected'] })),
    limits: { rosterTtlMs: 2_000 },
    modelsOf: (_, known) => known.map((name) => modelOf(name + settings.suffix)),
  });
  onTestFinished(() => catalogue.close());
  return { catalogue, write, settings };
}

const worker = { bee: ['worker'], models: ['m'] };

describe('the set of the workers of a model', () => {
  it('follows the roster of the humd that the link is up to', async () => {
    const { catalogue, write } = startCatalogue();
    const keys = [JSON.stringify(catalogue.workersOf('m'))];
    const take = async () => {
      await catalogue.refresh();
      keys.push(JSON.stringify(catalogue.workersOf('m')));
    };
    write(0, {});
    await take();
    write(0, { a: worker });
    await take();
    write(0, { b: worker });
    await take();
    write(1, { b: worker });
    catalogue.turnTo(1);
    await take();
    expect(new Set(keys).size).toBe(5);
    write(1, { b: worker, c: { bee: ['worker'], models: ['n'] } });
    await take();
    expect(keys.at(-1)).toBe(keys.at(-2));
  });
});

describe('the models of a running hive', () => {
  it('are worked out for each roster and each configuration, and not again for each request', async () => {
    const { catalogue, write, settings } = startCatalogue();
    const ids = (isLinked = true) => catalogue.models(isLinked).map(({ id }) => id);
    expect(ids()).toEqual(['expected']);
    write(0, { a: worker });
    await catalogue.refresh();
    expect(ids()).toEqual(['expected', 'm']);
    expect(ids(false)).toEqual(['expected', 'm']);
    expect(catalogue.models(true)).toBe(catalogue.models(true));
    expect(catalogue.modelCalled('m', true)).toBe(catalogue.models(true)[1]);
    expect(catalogue.modelCalled('M', true)).toBeUndefined();
    settings.suffix = '!';
    catalogue.relist();
    expect(ids()).toEqual(['expected!', 'm!']);
    expect(catalogue.modelCalled('m', true)).toBeUndefined();
    expect(ids(false)).toEqual(['expected!', 'm!']);
    catalogue.turnTo(1);
    expect(ids()).toEqual(['expected!']);
  });
});
