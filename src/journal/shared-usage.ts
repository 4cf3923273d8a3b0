/** The sums over the turns of all replicas: counters by day, key and model that each adds to. */
import { z } from 'zod';
import type { TurnRecord, Usage, UsageReport, UsageRow } from '../observe/records.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from '../observe/turn-observer.js';
import { parseShared, type ReplicaStore } from '../shared/replica-store.js';
import { addTurn, NOTHING, type Row } from './sum-day.js';

export interface SharedUsageOptions {
  readonly replicas: ReplicaStore;
  /** What this replica has written down itself. */
  readonly own: UsageReport;
  /** For how long the counters are kept; 0 counts nothing. Read at each use. */
  readonly limits: { readonly journalDays: number };
}

const FLUSH_MS = 1_000;
const DAY_MS = 86_400_000;
/** Rows that wait while nothing can be shared; of further keys and models, turns are only in the replica's own journal. */
const MAX_WAITING_ROWS = 10_000;
/** Rows of one day, all replicas together. */
const MAX_ROWS = 10_000;
/** Days that are asked for at once. */
const DAYS_AT_ONCE = 50;
/** Model names are the client's words. */
const MAX_MODEL_CHARACTERS = 200;

const COUNTS = ['turns', 'failed', 'promptTokens', 'completionTokens', 'cachedTokens', 'estimated'] as const;
type Count = (typeof COUNTS)[number];
/** Only where there are some. */
const REASONING = 'reasoningTokens';

/** The name of a counter within its day. */
const counterName = z.tuple([z.string().nullable(), z.string(), z.enum([...COUNTS, REASONING])]);

export class SharedUsage implements UsageReport, TurnObserver {
  readonly #options: SharedUsageOptions;
  #waiting = new Map<string, UsageRow>();
  #timer: NodeJS.Timeout | undefined;
  #sharing: Promise<void> = Promise.resolve();

  constructor(options: SharedUsageOptions) {
    this.#options = options;
    options.replicas.onBack(() => void this.flush());
  }

  end(_: ObservedTurn, { record }: EndedTurn): void {
    if (this.#options.limits.journalDays > 0) this.#count(record);
  }

  /** It is shared about a second later, or when the store is back. */
  #count(record: TurnRecord): void {
    const model = record.model.slice(0, MAX_MODEL_CHARACTERS).toWellFormed();
    const { keyId } = record;
    const day = record.at.slice(0, 10);
    const id = JSON.stringify([day, keyId, model]);
    const known = this.#waiting.get(id);
    if (known === undefined && this.#waiting.size >= MAX_WAITING_ROWS) return;
    const row: Row = { day, keyId, model, ...(known ?? NOTHING) };
    addTurn(row, record);
    this.#waiting.set(id, row);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Resolves when what was recorded so far is shared, or cannot be for now. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sharing = this.#sharing.then(() => this.#share());
    return this.#sharing;
  }

  /** The sums of all replicas; this one's own where the others' cannot be asked for. */
  async usage(from: string, to: string): Promise<Usage> {
    await this.flush();
    const rows: UsageRow[] = [];
    const days = this.#daysWithin(from, to);
    for (let at = 0; at < days.length; at += DAYS_AT_ONCE) {
      const tables = await Promise.all(
        days.slice(at, at + DAYS_AT_ONCE).map(async (day) => ({
          day,
          counts: await this.#options.replicas.counts(keyOf(day)),
        })),
      );
      for (const { day, counts } of tables) {
        if (counts === 'gone') return this.#options.own.usage(from, to);
        rows.push(...toRows(day, counts.value));
      }
    }
    return { rows, unread: [] };
  }

  /** A row that may have arrived is not sent again: a turn is counted once at the most. */
  async #share(): Promise<void> {
    const { replicas, limits } = this.#options;
    const ttlMs = (limits.journalDays + 1) * DAY_MS;
    for (const [id, row] of [...this.#waiting]) {
      if (!replicas.isThere) return;
      this.#waiting.delete(id);
      await replicas.add(keyOf(row.day), toCounts(row), {
        maxCounters: MAX_ROWS * (COUNTS.length + 1),
        ttlMs,
      });
    }
  }

  /** The days that are kept, of those asked for; tomorrow's too, as the replicas' clocks are not the same. */
  #daysWithin(from: string, to: string): readonly string[] {
    const now = Date.now();
    const days: string[] = [];
    for (let ago = this.#options.limits.journalDays - 1; ago >= -1; ago--) {
      const day = new Date(now - ago * DAY_MS).toISOString().slice(0, 10);
      if (day >= from && day <= to) days.push(day);
    }
    return days;
  }
}

function keyOf(day: string): string {
  return `usage:${day}`;
}

/** All counters of a row are there as soon as one is: those that would stay at 0, too. */
function toCounts(row: UsageRow): ReadonlyMap<string, number> {
  const nameOf = (count: Count | typeof REASONING) => JSON.stringify([row.keyId, row.model, count]);
  const counts = new Map(COUNTS.map((count) => [nameOf(count), row[count]]));
  if (row.reasoningTokens !== undefined) counts.set(nameOf(REASONING), row.reasoningTokens);
  return counts;
}

/** In the order of key and model. What no version of the bridge has counted is passed over. */
function toRows(day: string, counts: ReadonlyMap<string, number>): readonly UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const [name, value] of counts) {
    const parsed = parseShared(counterName, name);
    if (parsed === undefined || !Number.isSafeInteger(value) || value < 0) continue;
    const [keyId, model, count] = parsed;
    const id = JSON.stringify([keyId, model]);
    rows.set(id, { ...(rows.get(id) ?? { day, keyId, model, ...NOTHING }), [count]: value });
  }
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}
