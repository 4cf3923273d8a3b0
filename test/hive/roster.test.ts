import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Roster } from '../../src/hive/parse-roster.js';
import { RosterWatch, type RosterWatchOptions } from '../../src/hive/roster.js';
import { temporaryFolder } from '../temporary-folder.js';

/** So long that no test sees a poll. */
const NEVER_MS = 1_000_000;
const OFTEN_MS = 10;

function bees(...models: string[]): string {
  return JSON.stringify({ a: { bee: ['worker'], name: 'w', models } });
}

/** As humd does it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}

function open(options: RosterWatchOptions): RosterWatch {
  const watch = new RosterWatch(options);
  onTestFinished(() => watch.close());
  return watch;
}

function modelsOf(roster: Roster | undefined): readonly string[] | undefined {
  return roster?.workers.flatMap((worker) => worker.models);
}

/** The next roster that `isWanted`. */
function nextRoster(
  watch: RosterWatch,
  isWanted: (models: readonly string[] | undefined) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const stop = watch.onChange((roster) => {
      if (!isWanted(modelsOf(roster))) return;
      stop();
      resolve();
    });
  });
}

describe('a roster that is watched', () => {
  it('is there at once', () => {
    const path = join(temporaryFolder(), 'bees.json');
    writeFileSync(path, bees('m'));
    expect(modelsOf(open({ path }).current)).toEqual(['m']);
  });

  it('follows the file over several replacements, without a poll', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    replace(path, bees('m0'));
    const watch = open({ path, pollMs: NEVER_MS });
    for (const model of ['m1', 'm2', 'm3']) {
      const next = nextRoster(watch, (models) => models?.[0] === model);
      replace(path, bees(model));
      await next;
      expect(modelsOf(watch.current)).toEqual([model]);
    }
  });

  it('appears and disappears with the file', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    const watch = open({ path, pollMs: NEVER_MS });
    expect(watch.current).toBeUndefined();
    const appears = nextRoster(watch, (models) => models?.[0] === 'm');
    replace(path, bees('m'));
    await appears;
    const disappears = nextRoster(watch, (models) => models === undefined);
    rmSync(path);
    await disappears;
    expect(watch.current).toBeUndefined();
  });

  it('is found when its folder is made later', async () => {
    const path = join(temporaryFolder(), 'state/hum/bees.json');
    const watch = open({ path, pollMs: OFTEN_MS });
    expect(watch.current).toBeUndefined();
    const appears = nextRoster(watch, (models) => models?.[0] === 'm');
    mkdirSync(dirname(path), { recursive: true });
    replace(path, bees('m'));
    await appears;
  });

  it('is found when its folder is replaced', async () => {
    const folder = join(temporaryFolder(), 'hum');
    const path = join(folder, 'bees.json');
    mkdirSync(folder);
    replace(path, bees('old'));
    const watch = open({ path, pollMs: OFTEN_MS });
    for (const model of ['m1', 'm2']) {
      const next = nextRoster(watch, (models) => models?.[0] === model);
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      replace(path, bees(model));
      await next;
    }
  });

  it('is undefined when its folder goes away', async () => {
    const folder = join(temporaryFolder(), 'hum');
    const path = join(folder, 'bees.json');
    mkdirSync(folder);
    replace(path, bees('m'));
    const watch = open({ path, pollMs: OFTEN_MS });
    const disappears = nextRoster(watch, (models) => models === undefined);
    rmSync(folder, { recursive: true });
    await disappears;
  });

  it('is followed by the poll where the watch sees nothing, here behind a link', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    const real = join(folder, 'real/bees.json');
    const path = join(folder, 'bees.json');
    replace(real, bees('m1'));
    symlinkSync(real, path);
    const watch = open({ path, pollMs: OFTEN_MS });
    expect(modelsOf(watch.current)).toEqual(['m1']);
    const next = nextRoster(watch, (models) => models?.[0] === 'm2');
    replace(real, bees('m2'));
    await next;
  });
});

describe('refresh', () => {
  it('reads what is there now', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    writeFileSync(path, bees('m1'));
    const watch = open({ path, pollMs: NEVER_MS });
    replace(path, bees('m2'));
    expect(modelsOf(await watch.refresh())).toEqual(['m2']);
    rmSync(path);
    expect(await watch.refresh()).toBeUndefined();
  });

  it.each(['', '{', bees('m2').slice(0, -5), 'null', '[]', '5'])(
    'keeps the last good roster over %j',
    async (text) => {
      const path = join(temporaryFolder(), 'bees.json');
      writeFileSync(path, bees('m1'));
      const watch = open({ path, pollMs: NEVER_MS });
      writeFileSync(path, text);
      expect(modelsOf(await watch.refresh())).toEqual(['m1']);
      writeFileSync(path, bees('m2'));
      expect(modelsOf(await watch.refresh())).toEqual(['m2']);
    },
  );

  it('says undefined for a broken file if there was no good one', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    writeFileSync(path, '{');
    const watch = open({ path, pollMs: NEVER_MS });
    expect(watch.current).toBeUndefined();
    expect(await watch.refresh()).toBeUndefined();
  });

  it('says undefined for what cannot be read', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    writeFileSync(path, bees('m'));
    const watch = open({ path, pollMs: NEVER_MS });
    rmSync(path);
    mkdirSync(path);
    expect(await watch.refresh()).toBeUndefined();
  });

  it('says an empty roster for an empty object: nobody is there', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    writeFileSync(path, '{}');
    expect(open({ path, pollMs: NEVER_MS }).current).toEqual({
      workers: [],
      served: new Map(),
      tools: [],
      hids: new Set(),
    });
  });
});

describe('listeners', () => {
  it('hear of changes only, until they stop', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    writeFileSync(path, bees('m1'));
    const first: unknown[] = [];
    const second: unknown[] = [];
    const watch = open({ path, pollMs: NEVER_MS, onChange: (roster) => first.push(modelsOf(roster)) });
    const stop = watch.onChange((roster) => second.push(modelsOf(roster)));
    replace(path, bees('m1'));
    await watch.refresh();
    replace(path, bees('m2'));
    await watch.refresh();
    stop();
    rmSync(path);
    await watch.refresh();
    await watch.refresh();
    expect(first).toEqual([['m2'], undefined]);
    expect(second).toEqual([['m2']]);
  });
});

describe('close', () => {
  it('may be called twice, and then nothing is read any more', async () => {
    const path = join(temporaryFolder(), 'bees.json');
    writeFileSync(path, bees('m1'));
    const seen: unknown[] = [];
    const watch = open({ path, pollMs: OFTEN_MS, onChange: (roster) => seen.push(roster) });
    watch.close();
    watch.close();
    replace(path, bees('m2'));
    expect(modelsOf(await watch.refresh())).toEqual(['m1']);
    expect(seen).toEqual([]);
  });

  it('is not needed for the process to end', () => {
    const path = join(temporaryFolder(), 'bees.json');
    const before = process.getActiveResourcesInfo();
    open({ path });
    expect(process.getActiveResourcesInfo()).toEqual(before);
  });
});
