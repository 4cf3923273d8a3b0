/** The sums over each day's file of the journal: those of past days are kept beside it, today's are carried on from where they were. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NEVER_ABORTED } from '../core/abort.js';
import type { UnreadDay } from '../observe/records.js';
import { defineTask } from '../threads/task.js';
import { ThreadPool } from '../threads/thread-pool.js';
import { type DaySums, sumDay } from './sum-day.js';

/** Up to here a file is read on the event loop, in bytes. */
const MAX_AT_ONCE = 2 ** 17;

const SUM_DAY = defineTask(new URL('./sum-day.js', import.meta.url).href, 'sumDay', sumDay);

/** Apart from the threads for requests: a day of a busy bridge takes seconds. */
const threads = new ThreadPool({
  maxThreads: 1,
  maxWaiting: 1_000,
  maxWaitMs: 600_000,
  deadlineMs: 600_000,
  idleMs: 10_000,
  work: 'files of the journal are being read',
});

const sum = z.int().min(0);

const keptSums: z.ZodType<DaySums> = z.object({
  ino: z.number(),
  mtimeMs: z.number(),
  size: sum,
  summed: sum,
  before: z.string(),
  unreadable: sum,
  rows: z
    .array(
      z.object({
        day: z.string(),
        keyId: z.string().nullable(),
        model: z.string(),
        turns: sum,
        failed: sum,
        promptTokens: sum,
        completionTokens: sum,
        cachedTokens: sum,
        reasoningTokens: sum.exactOptional(),
        estimated: sum,
      }),
    )
    .readonly(),
});

export class DayFiles {
  readonly #folder: string;
  /** Today's, as it was when it was last asked for. */
  #today: { readonly day: string; readonly sums: DaySums } | undefined;
  /** What is being summed up: who asks for the same day meanwhile waits for the same. */
  readonly #running = new Map<string, Promise<DaySums | string>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  fileOf(day: string): string {
    return join(this.#folder, `${day}.ndjson`);
  }

  async remove(day: string): Promise<void> {
    for (const file of [this.fileOf(day), this.#sumsOf(day)]) await rm(file, { force: true });
  }

  /** The sums of a day that has a file, and what of it could not be read. Never rejects. */
  async read(day: string): Promise<{ readonly sums?: DaySums; readonly unread?: UnreadDay }> {
    let running = this.#running.get(day);
    if (running === undefined) {
      running = this.#sum(day)
        .catch((error: unknown) => reasonOf(error))
        .finally(() => this.#running.delete(day));
      this.#running.set(day, running);
    }
    const sums = await running;
    if (typeof sums === 'string') return { unread: { day, reason: sums } };
    // The end of today's may be on its way.
    const lines = sums.unreadable + (day < today() && sums.summed < sums.size ? 1 : 0);
    return { sums, ...(lines > 0 ? { unread: { day, lines } } : {}) };
  }

  async #sum(day: string): Promise<DaySums> {
    const file = this.fileOf(day);
    const { size, mtimeMs } = await stat(file);
    const isPast = day < today();
    const kept = await this.#readKept(day);
    const known = kept ?? (this.#today?.day === day ? this.#today.sums : undefined);
    if (known?.size === size && known.mtimeMs === mtimeMs && !(isPast && kept === undefined)) return known;
    const question = { file, day, known };
    const isShort = size - (known?.summed ?? 0) <= MAX_AT_ONCE;
    const sums = isShort ? sumDay(question) : await threads.run(SUM_DAY, question, NEVER_ABORTED);
    if (!isPast) this.#today = { day, sums };
    else await this.#keep(day, sums);
    return sums;
  }

  async #readKept(day: string): Promise<DaySums | undefined> {
    try {
      return keptSums.parse(JSON.parse(await readFile(this.#sumsOf(day), 'utf8')));
    } catch {
      // There is none, or it is none of ours: the day is summed up again.
      return undefined;
    }
  }

  /** Other processes may do the same at the same time. A disk that is full costs only the time to sum up again. */
  async #keep(day: string, sums: DaySums): Promise<void> {
    const file = this.#sumsOf(day);
    const draft = `${file}.${randomUUID()}`;
    try {
      await writeFile(draft, JSON.stringify(sums), { mode: 0o600 });
      await rename(draft, file);
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  #sumsOf(day: string): string {
    return join(this.#folder, `${day}.sums.json`);
  }
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
}
