/**
 * Writes one JSON line for each turn, and for each request that failed without one, into a file for each day, without ever
 * delaying a turn.
 */
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { OmittedRecord, RequestRecord, TurnRecord, UsageReport, UsageRow } from '../observe/records.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from '../observe/turn-observer.js';
import { sumUsage } from './sum-usage.js';

export interface JournalOptions {
  /** Where the files are; made when the first line is written. */
  readonly folder: string;
  /** How many days are kept; 0 writes nothing down. Read at each use. */
  readonly days: number;
  readonly log: Logger;
}

/** A turn's line has no `kind`; the others say theirs. */
export type JournalLine = TurnRecord | RequestRecord | OmittedRecord;

const FLUSH_MS = 1_000;
/** Lines that wait at the most while the disk is slow; further ones are counted and lost. */
const MAX_WAITING = 10_000;
const DAY_MS = 86_400_000;
/** Node writes up to 512 KiB at once; a character has up to three bytes. */
const MAX_PIECE_CHARACTERS = 128 * 1024;
const FILE = /^(\d{4}-\d{2}-\d{2})\.ndjson$/;

export class Journal implements UsageReport, TurnObserver {
  readonly #options: JournalOptions;
  #waiting: JournalLine[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #cleanedOn = '';

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  end(_: ObservedTurn, { record }: EndedTurn): void {
    this.record(record);
  }

  /** Takes a record down; it is on disk about a second later. */
  record(record: JournalLine): void {
    if (this.#options.days === 0) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost++;
      return;
    }
    this.#waiting.push(record);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Resolves when all that was recorded so far is on disk, or was given up with a line in the log. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async usage(from: string, to: string): Promise<readonly UsageRow[]> {
    await this.flush();
    const records: TurnRecord[] = [];
    for (const day of await this.#daysOnDisk()) {
      if (day < from || day > to) continue;
      const text = await readFile(this.#fileOf(day), 'utf8').catch(() => '');
      for (const record of readTurns(text)) records.push(record);
    }
    return sumUsage(records);
  }

  async #write(): Promise<void> {
    const records = this.#waiting;
    this.#waiting = [];
    if (this.#lost > 0) {
      this.#options.log.warn(
        { lost: this.#lost },
        'the journal could not keep up; lines are missing from it',
      );
      this.#lost = 0;
    }
    if (records.length === 0) return;
    const byDay = groupByDay(records);
    try {
      await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
      for (const [day, lines] of byDay) {
        for (const text of toPieces(lines)) await appendFile(this.#fileOf(day), text, { mode: 0o600 });
      }
      await this.#dropOldDays();
    } catch (err) {
      this.#options.log.warn({ err, lines: records.length }, 'the journal cannot be written');
    }
  }

  /** Once a day, removes the files that are older than is wanted. */
  async #dropOldDays(): Promise<void> {
    const now = Date.now();
    const today = new Date(now).toISOString().slice(0, 10);
    if (this.#cleanedOn === today) return;
    this.#cleanedOn = today;
    const oldest = new Date(now - (this.#options.days - 1) * DAY_MS).toISOString().slice(0, 10);
    for (const day of await this.#daysOnDisk())
      if (day < oldest) await rm(this.#fileOf(day), { force: true });
  }

  async #daysOnDisk(): Promise<readonly string[]> {
    const names = await readdir(this.#options.folder).catch(() => []);
    return names.flatMap((name) => FILE.exec(name)?.[1] ?? []).sort();
  }

  #fileOf(day: string): string {
    return join(this.#options.folder, `${day}.ndjson`);
  }
}

/** Lines joined to texts that are each appended in one go: other processes write to the same file. */
function toPieces(lines: readonly JournalLine[]): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const line of lines.map((record) => `${JSON.stringify(record)}\n`)) {
    if (piece !== '' && piece.length + line.length > MAX_PIECE_CHARACTERS) {
      pieces.push(piece);
      piece = '';
    }
    piece += line;
  }
  return [...pieces, piece];
}

function groupByDay(records: readonly JournalLine[]): ReadonlyMap<string, readonly JournalLine[]> {
  const days = new Map<string, JournalLine[]>();
  for (const record of records) {
    const day = record.at.slice(0, 10);
    const known = days.get(day);
    if (known) known.push(record);
    else days.set(day, [record]);
  }
  return days;
}

/** The turns in a day's file. Passes over other kinds of lines, and over one that was cut off when the machine stopped. */
export function readTurns(text: string): readonly TurnRecord[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      const record = JSON.parse(line);
      return 'kind' in record ? [] : [record];
    } catch {
      // Nothing can be learnt from half a line.
      return [];
    }
  });
}
