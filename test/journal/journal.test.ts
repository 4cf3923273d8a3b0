import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../src/journal/journal.js';
import { temporaryFolder } from '../temporary-folder.js';
import { turnRecord } from './turn-record.js';

const log = pino({ level: 'silent' });
const today = new Date().toISOString().slice(0, 10);

describe('Journal', () => {
  it('writes a line for each turn into the file of its day, for its owner alone', async () => {
    const folder = join(temporaryFolder(), 'deep/journal');
    const journal = new Journal({ folder, days: 30, log });
    journal.record(turnRecord());
    journal.record(turnRecord({ outcome: 'worker-error' }));
    await journal.flush();
    const file = join(folder, `${today}.ndjson`);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      turnRecord(),
      turnRecord({ outcome: 'worker-error' }),
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('writes nothing down where no day is kept', async () => {
    const folder = join(temporaryFolder(), 'journal');
    const journal = new Journal({ folder, days: 0, log });
    journal.record(turnRecord());
    await journal.flush();
    expect(existsSync(folder)).toBe(false);
  });

  it('keeps lines whole where several processes write to the same file at once', async () => {
    const folder = temporaryFolder();
    const journals = [1, 2, 3].map(() => new Journal({ folder, days: 30, log }));
    for (const journal of journals)
      for (let count = 0; count < 5_000; count++)
        journal.record(turnRecord({ model: 'é'.repeat(count % 500) }));
    await Promise.all(journals.map((journal) => journal.flush()));
    const { rows } = await new Journal({ folder, days: 30, log }).usage(today, today);
    expect(rows.reduce((sum, row) => sum + row.turns, 0)).toBe(15_000);
    const lines = readFileSync(join(folder, `${today}.ndjson`), 'utf8')
      .trimEnd()
      .split('\n');
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('sums up by day, key and model, with what is not written yet', async () => {
    const journal = new Journal({ folder: temporaryFolder(), days: 30, log });
    journal.record(turnRecord());
    journal.record(turnRecord({ estimated: true, outcome: 'left' }));
    journal.record(turnRecord({ keyId: null }));
    journal.record(turnRecord({ model: 'n', outcome: 'timeout' }));
    expect((await journal.usage(today, today)).rows).toEqual([
      {
        day: today,
        keyId: 'k1',
        model: 'm',
        turns: 2,
        failed: 0,
        promptTokens: 6,
        completionTokens: 4,
        cachedTokens: 2,
        estimated: 1,
      },
      {
        day: today,
        keyId: 'k1',
        model: 'n',
        turns: 1,
        failed: 1,
        promptTokens: 3,
        completionTokens: 2,
        cachedTokens: 1,
        estimated: 0,
      },
      {
        day: today,
        keyId: null,
        model: 'm',
        turns: 1,
        failed: 0,
        promptTokens: 3,
        completionTokens: 2,
        cachedTokens: 1,
        estimated: 0,
      },
    ]);
    expect(await journal.usage('2000-01-01', '2000-01-02')).toEqual({ rows: [], unread: [] });
  });

  it('keeps as many days as it is told, and touches nothing else', async () => {
    const folder = temporaryFolder();
    for (const name of ['2020-01-01.ndjson', 'notes.txt']) writeFileSync(join(folder, name), '');
    const journal = new Journal({ folder, days: 2, log });
    journal.record(turnRecord());
    await journal.flush();
    expect(readdirSync(folder).sort()).toEqual([`${today}.ndjson`, 'notes.txt']);
  });

  it('counts days on which something was written, whatever the clock says meanwhile', async () => {
    const folder = temporaryFolder();
    const days = Array.from({ length: 5 }, (_, at) => `2026-11-2${at}`);
    for (const day of days) writeFileSync(join(folder, `${day}.ndjson`), `${JSON.stringify(turnRecord())}\n`);
    const journal = new Journal({ folder, days: 4, log });
    const kept = () => readdirSync(folder).map((name) => name.replace('.ndjson', ''));
    const write = async (day: string) => {
      journal.record(turnRecord({ at: `${day}T10:00:00.000Z` }));
      await journal.flush();
    };
    // A jump forward by years removes no more than the next day would.
    await write('2031-03-01');
    expect(kept()).toEqual([...days.slice(2), '2031-03-01']);
    // One back does not have the day removed that is being written.
    await write('2024-01-01');
    expect(kept()).toEqual(['2024-01-01', ...days.slice(3), '2031-03-01']);
    await write('2024-01-01');
    await write('2026-11-25');
    expect(kept()).toEqual(['2024-01-01', '2026-11-24', '2026-11-25', '2031-03-01']);
  });

  it('begins a line of its own after one that was not written to the end', async () => {
    const folder = temporaryFolder();
    const file = join(folder, `${today}.ndjson`);
    writeFileSync(file, `${JSON.stringify(turnRecord())}\n{"at":"${today}T0`);
    const journal = new Journal({ folder, days: 2, log });
    journal.record(turnRecord());
    await journal.flush();
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      JSON.stringify(turnRecord()),
      `{"at":"${today}T0`,
      JSON.stringify(turnRecord()),
      '',
    ]);
    expect((await journal.usage(today, today)).rows).toMatchObject([{ turns: 2 }]);
  });

  it('goes on where it cannot write', async () => {
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, '');
    const journal = new Journal({ folder, days: 2, log });
    journal.record(turnRecord());
    await expect(journal.flush()).resolves.toBeUndefined();
    expect(await journal.usage(today, today)).toEqual({ rows: [], unread: [] });
  });
});
