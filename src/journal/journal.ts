/**
 * Writes one JSON line for each turn, and for each request that failed without one, into a file for each day, without ever
 * delaying a turn.
 */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { makeFolder } from '../core/make-folder.js';
import type { Logger } from 'pino';
import type {
  OmittedRecord,
  RequestRecord,
  TurnRecord,
  UnreadDay,
  Usage,
  UsageReport,
  UsageRow,
} from '../observe/records.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from '../observe/turn-observer.js';
import { DayFiles } from './day-files.js';

export interface JournalOptions {
  /** Where the files are; made when the first line is written. */
  readonly folder: string;
  /** How many days on which something was written are kept; 0 writes nothing down. Read at each use. */
  readonly days: number;
  readonly log: Logger;
}

/** A turn's line has no `kind`; the others say theirs. */
export type JournalLine = TurnRecord | RequestRecord | OmittedRecord;

const FLUSH_MS = 1_000;
/** Lines that wait at the most while the disk is slow; further ones are counted and lost. */
const MAX_WAITING = 10_000;
/** Node writes up to 512 KiB at once; a character has up to three bytes. */
const MAX_PIECE_CHARACTERS = 128 * 1024;
const FILE = /^(\d{4}-\d{2}-\d{2})\.ndjson$/;

export class Journal implements UsageReport, TurnObserver {
  readonly #options: JournalOptions;
  readonly #files: DayFiles;
  #waiting: JournalLine[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Lines that could not be written since it last worked. */
  #unwritten = 0;
  /** Days that this process has written, the last one last. */
  #written: readonly string[] = [];

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#files = new DayFiles(options.folder);
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

  async usage(from: string, to: string): Promise<Usage> {
    await this.flush();
    const rows: UsageRow[] = [];
    const unread: UnreadDay[] = [];
    for (const day of await this.#daysOnDisk()) {
      if (day < from || day > to) continue;
      const read = await this.#files.read(day);
      rows.push(...inOrder(read.sums?.rows ?? []));
      if (read.unread !== undefined) unread.push(read.unread);
    }
    return { rows, unread };
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
      makeFolder(this.#options.folder, 0o700);
      for (const [day, lines] of byDay)
        for (const text of toPieces(lines)) await append(this.#files.fileOf(day), text);
      this.#noteWritten();
    } catch (err) {
      if (this.#unwritten === 0)
        this.#options.log.warn({ err, lines: records.length }, 'the journal cannot be written');
      this.#unwritten += records.length;
      return;
    }
    for (const day of byDay.keys()) {
      if (day === this.#written.at(-1)) continue;
      await this.#dropOldDays(day).catch((err: unknown) =>
        this.#options.log.warn({ err }, 'old days of the journal cannot be removed'),
      );
    }
  }

  /** One line for each outage besides the one at its beginning: the log may be on the same disk. */
  #noteWritten(): void {
    if (this.#unwritten === 0) return;
    this.#options.log.warn(
      { lost: this.#unwritten },
      'the journal is written again; lines are missing from it',
    );
    this.#unwritten = 0;
  }

  /**
   * When a day begins, removes what is older than the last days on which something was written. The clock has no say in it: one
   * that is wrong would have everything removed, or what is written now.
   */
  async #dropOldDays(begun: string): Promise<void> {
    const { days } = this.#options;
    this.#written = [...this.#written.filter((day) => day !== begun), begun].slice(-days);
    const kept = new Set(this.#written);
    for (const day of (await this.#daysOnDisk()).toReversed()) {
      if (kept.has(day)) continue;
      const { size } = await stat(this.#files.fileOf(day));
      if (size > 0 && kept.size < days) kept.add(day);
      else await this.#files.remove(day);
    }
  }

  async #daysOnDisk(): Promise<readonly string[]> {
    const names = await readdir(this.#options.folder).catch(() => []);
    return names.flatMap((name) => FILE.exec(name)?.[1] ?? []).sort();
  }
}

/**
 * Adds whole lines to a file that is for its owner alone. Where its last line was not written to the end, the disk was full or the machine
 * stopped, they begin a line of their own.
 */
async function append(path: string, text: string): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    await file.appendFile((await isCut(file)) ? `\n${text}` : text);
  } finally {
    await file.close();
  }
}

/** In ms. A process writes what it has in one go. */
const OTHERS_WRITE_MS = 20;

/** True for a file whose last line is not whole, unless another process is just writing it. */
async function isCut(file: FileHandle): Promise<boolean> {
  const size = await sizeIfCut(file);
  if (size === undefined) return false;
  await pause(OTHERS_WRITE_MS);
  return (await sizeIfCut(file)) === size;
}

async function sizeIfCut(file: FileHandle): Promise<number | undefined> {
  const { size } = await file.stat();
  if (size === 0) return undefined;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last.toString() === '\n' ? undefined : size;
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

/** Of key and model. */
function inOrder(rows: readonly UsageRow[]): readonly UsageRow[] {
  const idOf = ({ keyId, model }: UsageRow) => JSON.stringify([keyId, model]);
  return rows
    .map((row) => [idOf(row), row] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, row]) => row);
}
