/** A journal that is long, broken or older than any that is kept in memory, asked for by `GET /v1/usage`. */
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { turnRecord } from '../journal/turn-record.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';
import { watchLoop } from '../watch-loop.js';

const TODAY = new Date().toISOString().slice(0, 10);
const PAST = '2026-01-02';

function line(day: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ ...turnRecord({ at: `${day}T10:00:00.000Z`, keyId: null }), ...fields })}\n`;
}

interface Usage {
  readonly data: readonly { readonly day: string; readonly turns: number; readonly prompt_tokens: number }[];
  readonly unread?: unknown;
}

/** A bridge whose journal is in `folder`; no humd is needed to ask for it. */
async function startAsking(folder: string) {
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const { url } = await startTestBridge({ place, journalFolder: folder }, false);
  const usage = async (from = PAST): Promise<Usage> =>
    (await fetch(`${url}/v1/usage?from=${from}&to=${TODAY}`)).json() as Promise<Usage>;
  return { url, usage };
}

describe('GET /v1/usage', () => {
  test('of 100,000 turns does not hold up the event loop, and of those that come later reads no more', async () => {
    const folder = temporaryFolder();
    const file = join(folder, `${TODAY}.ndjson`);
    const some = line(TODAY).repeat(10_000);
    for (let at = 0; at < 10; at++) appendFileSync(file, some);
    const { usage } = await startAsking(folder);
    const first = await watchLoop(() => Promise.all([usage(), usage(), usage()]));
    for (const { data } of first.result)
      expect(data).toMatchObject([{ turns: 100_000, prompt_tokens: 300_000 }]);
    // All of it at once takes ten times as long.
    expect(first.longestMs).toBeLessThan(100);
    appendFileSync(file, line(TODAY) + line(TODAY).slice(0, 20));
    expect(await usage()).toMatchObject({ data: [{ turns: 100_001 }] });
    appendFileSync(file, line(TODAY).slice(20));
    expect(await usage()).toMatchObject({ data: [{ turns: 100_002 }] });
  });

  test('of a day of more than 512 MiB counts it, and says what of it cannot be read', async () => {
    const folder = temporaryFolder();
    const file = join(folder, `${PAST}.ndjson`);
    writeFileSync(file, line(PAST));
    const descriptor = openSync(file, 'r+');
    ftruncateSync(descriptor, 520 * 2 ** 20);
    closeSync(descriptor);
    appendFileSync(file, `\n${line(PAST)}`);
    const { usage } = await startAsking(folder);
    const answer = { data: [{ day: PAST, turns: 2 }], unread: [{ day: PAST, lines: 1 }] };
    expect(await usage()).toMatchObject(answer);
    // Once for all: what it was is kept beside it.
    const kept = join(folder, `${PAST}.sums.json`);
    expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ rows: [{ turns: 2 }] });
    const changed = readFileSync(kept, 'utf8').replace('"turns":2', '"turns":5');
    writeFileSync(kept, changed);
    expect(await usage()).toMatchObject({ data: [{ day: PAST, turns: 5 }] });
    // A late turn is added to what is kept.
    appendFileSync(file, line(PAST));
    expect(await usage()).toMatchObject({ data: [{ day: PAST, turns: 6 }] });
  });

  test('sums a day up again where what is kept of it is none of ours, or is of another file', async () => {
    const folder = temporaryFolder();
    const file = join(folder, `${PAST}.ndjson`);
    const kept = join(folder, `${PAST}.sums.json`);
    const { usage } = await startAsking(folder);
    writeFileSync(file, line(PAST));
    for (const text of ['', 'no JSON', '{"ino":1}', '[]']) {
      writeFileSync(kept, text);
      expect(await usage()).toMatchObject({ data: [{ turns: 1 }] });
    }
    writeFileSync(file, line(PAST, { model: 'n' }) + line(PAST, { model: 'n' }));
    expect((await usage()).data).toMatchObject([{ turns: 2 }]);
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith(PAST))
        .sort(),
    ).toEqual([`${PAST}.ndjson`, `${PAST}.sums.json`]);
  });

  test('says which lines and which days cannot be read', async () => {
    const folder = temporaryFolder();
    const broken = [
      '{"at":"2026',
      'null',
      '[1]',
      line(PAST, { promptTokens: 1e300 }),
      line(PAST, { completionTokens: -1 }),
      line(PAST, { cachedTokens: 2 ** 53 }),
      line(PAST, { model: 7 }),
    ];
    const others = '{"kind":"request"}\n{"kind":"requests-omitted","count":3}\n\n';
    writeFileSync(
      join(folder, `${PAST}.ndjson`),
      others + broken.map((text) => `${text.trim()}\n`).join('') + line(PAST) + line(PAST).slice(0, 9),
    );
    mkdirSync(join(folder, '2026-01-03.ndjson'));
    const { usage } = await startAsking(folder);
    const answer = await usage();
    expect(answer.data).toMatchObject([{ day: PAST, turns: 1, prompt_tokens: 3 }]);
    expect(answer.unread).toEqual([
      { day: PAST, lines: broken.length + 1 },
      { day: '2026-01-03', reason: 'EISDIR' },
    ]);
  });

  test('has a bounded answer, whatever names of models its clients have made up', async () => {
    const folder = temporaryFolder();
    const lines = Array.from({ length: 5_000 }, (_, at) => line(PAST, { model: `m${at}` }));
    writeFileSync(join(folder, `${PAST}.ndjson`), lines.join(''));
    const { usage } = await startAsking(folder);
    const { data } = await usage();
    expect(data).toHaveLength(1_001);
    expect(data.reduce((sum, { turns }) => sum + turns, 0)).toBe(5_000);
  });
});
