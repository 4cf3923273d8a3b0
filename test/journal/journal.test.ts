import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/conversation/event.js';
import { Fault } from '../../src/conversation/fault.js';
import type { Conversation } from '../../src/conversation/port.js';
import type { TurnRecord } from '../../src/conversation/turn-record.js';
import { Journal } from '../../src/journal/journal.js';
import { JournalledConversation } from '../../src/journal/journalled-conversation.js';
import { temporaryFolder } from '../temporary-folder.js';

const log = pino({ level: 'silent' });
const today = new Date().toISOString().slice(0, 10);

const record = (fields: Partial<TurnRecord> = {}): TurnRecord => ({
  at: `${today}T10:00:00.000Z`,
  requestId: 'req_1',
  keyId: 'k1',
  surface: 'openai',
  model: 'm',
  outcome: 'stop',
  promptTokens: 3,
  completionTokens: 2,
  cachedTokens: 1,
  estimated: false,
  firstMs: 5,
  totalMs: 9,
  ...fields,
});

describe('Journal', () => {
  it('writes a line for each turn into the file of its day, for its owner alone', async () => {
    const folder = join(temporaryFolder(), 'deep/journal');
    const journal = new Journal({ folder, days: 30, log });
    journal.record(record());
    journal.record(record({ outcome: 'worker-error' }));
    await journal.flush();
    const file = join(folder, `${today}.ndjson`);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([record(), record({ outcome: 'worker-error' })]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('sums up by day, key and model, with what is not written yet', async () => {
    const journal = new Journal({ folder: temporaryFolder(), days: 30, log });
    journal.record(record());
    journal.record(record({ estimated: true, outcome: 'left' }));
    journal.record(record({ keyId: null }));
    journal.record(record({ model: 'n', outcome: 'timeout' }));
    expect(await journal.usage(today, today)).toEqual([
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
    expect(await journal.usage('2000-01-01', '2000-01-02')).toEqual([]);
  });

  it('keeps as many days as it is told, and touches nothing else', async () => {
    const folder = temporaryFolder();
    for (const name of ['2020-01-01.ndjson', 'notes.txt']) writeFileSync(join(folder, name), '');
    const journal = new Journal({ folder, days: 2, log });
    journal.record(record());
    await journal.flush();
    expect(readdirSync(folder).sort()).toEqual([`${today}.ndjson`, 'notes.txt']);
  });

  it('goes on where it cannot write', async () => {
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, '');
    const journal = new Journal({ folder, days: 2, log });
    journal.record(record());
    await expect(journal.flush()).resolves.toBeUndefined();
    expect(await journal.usage(today, today)).toEqual([]);
  });
});

describe('JournalledConversation', () => {
  const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: true };
  const run = async (batches: readonly (readonly Event[])[], stopAfter = batches.length) => {
    const records: TurnRecord[] = [];
    const inner: Conversation = {
      async *turn() {
        yield* batches;
      },
      models: () => [],
      link: () => 'up',
      callTool: () => Promise.resolve(null),
    };
    const request = {
      model: 'm',
      messages: [],
      tools: [],
      sampling: {},
      caller: { surface: 'ollama', keyId: 'k', requestId: 'r' },
    };
    let seen = 0;
    const turn = new JournalledConversation(inner, (one) => records.push(one)).turn(
      request,
      new AbortController().signal,
    );
    for await (const _ of turn) if (++seen === stopAfter) break;
    return records;
  };

  it('records how a turn ended, once', async () => {
    const text: Event = { type: 'text-delta', text: 'secret' };
    const records = await run([[{ type: 'ready' }], [text], [{ type: 'finish', reason: 'stop', usage }]]);
    expect(records).toMatchObject([
      { surface: 'ollama', keyId: 'k', requestId: 'r', model: 'm', outcome: 'stop', ...usage },
    ]);
    expect(records[0]?.firstMs).toBeTypeOf('number');
    expect(JSON.stringify(records)).not.toContain('secret');
  });

  it('records faults, and clients that leave', async () => {
    const fault = new Fault('timeout', 'x');
    expect(await run([[{ type: 'fault', fault }]])).toMatchObject([{ outcome: 'timeout', promptTokens: 0 }]);
    const text: Event = { type: 'text-delta', text: 'a' };
    expect(await run([[text], [text]], 1)).toMatchObject([{ outcome: 'left' }]);
    expect(await run([])).toMatchObject([{ outcome: 'left', firstMs: null }]);
  });
});
