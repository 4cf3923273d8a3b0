/** Sums a day's file up, from where that was last done to its end. Runs in a thread where that is long. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isCount, MAX_SUM } from '../core/count.js';
import type { TurnRecord, UsageRow } from '../observe/records.js';

/** What is known of a day's file. */
export interface DaySums {
  /** Tells a file that was put in its place from one that has grown. */
  readonly ino: number;
  readonly mtimeMs: number;
  /** How long it was, in bytes. */
  readonly size: number;
  /** Up to here, which is the end of a line, it is summed up. */
  readonly summed: number;
  /** A digest of what stands right before that: a file that was written anew has something else there. */
  readonly before: string;
  /** Lines in it that are none of ours. */
  readonly unreadable: number;
  readonly rows: readonly UsageRow[];
}

export interface DayQuestion {
  readonly file: string;
  readonly day: string;
  /** What it was when it was shorter. */
  readonly known: DaySums | undefined;
}

const PIECE_BYTES = 2 ** 18;
/** Ours are short: names in them are cut. */
const MAX_LINE_BYTES = 2 ** 16;
/** A line or two. */
const DIGESTED_BYTES = 512;
const LINE_END = 0x0a;
/** Names of models are the words of clients: those of further ones are summed up under one name for each key. */
const MAX_ROWS = 1_000;
const OTHER_MODELS = '(others)';

type Row = { -readonly [Name in keyof UsageRow]: UsageRow[Name] };

/** Throws what the system says of a file that cannot be read. */
export function sumDay({ file, day, known }: DayQuestion): DaySums {
  const descriptor = openSync(file, 'r');
  try {
    const { ino, size, mtimeMs } = fstatSync(descriptor);
    const isSame =
      known?.ino === ino && known.summed <= size && known.before === digestBefore(descriptor, known.summed);
    const from = isSame ? known : undefined;
    const rows = new Map<string, Row>();
    for (const row of from?.rows ?? []) rows.set(idOf(row.keyId, row.model), { ...row });
    let unreadable = from?.unreadable ?? 0;
    let at = from?.summed ?? 0;
    let summed = at;
    /** The beginning of a line whose end is still to come; undefined where it is too long to be one of ours. */
    let open: string | undefined = '';
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    while (at < size) {
      const bytes = readSync(descriptor, piece, 0, Math.min(PIECE_BYTES, size - at), at);
      if (bytes === 0) break;
      const end = piece.lastIndexOf(LINE_END, bytes - 1);
      if (end !== -1) {
        const lines = piece.toString('latin1', 0, end).split('\n');
        const [first = ''] = lines;
        if (open === undefined) unreadable++;
        else lines[0] = open + first;
        for (const line of open === undefined ? lines.slice(1) : lines)
          if (!countLine(rows, line, day)) unreadable++;
        open = '';
        summed = at + end + 1;
      }
      if (open !== undefined) open += piece.toString('latin1', end + 1, bytes);
      if (open !== undefined && open.length > MAX_LINE_BYTES) open = undefined;
      at += bytes;
    }
    const before = digestBefore(descriptor, summed);
    return { ino, mtimeMs, size: at, summed, before, unreadable, rows: [...rows.values()] };
  } finally {
    closeSync(descriptor);
  }
}

function digestBefore(descriptor: number, end: number): string {
  const bytes = Buffer.alloc(Math.min(end, DIGESTED_BYTES));
  readSync(descriptor, bytes, 0, bytes.length, end - bytes.length);
  return createHash('sha256').update(bytes).digest('base64');
}

/** False where nothing can be learnt from it: it is half a line, or none of ours. @param line its bytes, a character each */
function countLine(rows: Map<string, Row>, line: string, day: string): boolean {
  if (line === '') return true;
  let record: unknown;
  try {
    record = JSON.parse(Buffer.from(line, 'latin1').toString('utf8'));
  } catch {
    return false;
  }
  if (typeof record !== 'object' || record === null) return false;
  if ('kind' in record) return true;
  const { keyId, model, outcome, promptTokens, completionTokens, cachedTokens, reasoningTokens, estimated } =
    record as Readonly<Record<string, unknown>>;
  if (typeof model !== 'string' || typeof outcome !== 'string') return false;
  if (!(keyId === null || typeof keyId === 'string')) return false;
  if (!isCount(promptTokens, MAX_SUM) || !isCount(completionTokens, MAX_SUM)) return false;
  if (!isCount(cachedTokens, MAX_SUM)) return false;
  const row = rowOf(rows, day, keyId, model);
  row.turns++;
  if (!isSuccess(outcome)) row.failed++;
  row.promptTokens += promptTokens;
  row.completionTokens += completionTokens;
  row.cachedTokens += cachedTokens;
  if (isCount(reasoningTokens, MAX_SUM) && reasoningTokens > 0)
    row.reasoningTokens = (row.reasoningTokens ?? 0) + reasoningTokens;
  if (estimated === true) row.estimated++;
  return true;
}

function rowOf(rows: Map<string, Row>, day: string, keyId: string | null, model: string): Row {
  const known = rows.get(idOf(keyId, model));
  if (known !== undefined) return known;
  if (rows.size >= MAX_ROWS && model !== OTHER_MODELS) return rowOf(rows, day, keyId, OTHER_MODELS);
  const row: Row = { day, keyId, model, ...NOTHING };
  rows.set(idOf(keyId, model), row);
  return row;
}

function idOf(keyId: string | null, model: string): string {
  return `${keyId ?? ''}\n${model}`;
}

/** Outcomes after which a client has an answer. */
const SUCCESSES: ReadonlySet<string> = new Set(['stop', 'length', 'tool-calls', 'content-filter', 'left']);

/** One row for each day, key and model that occurs, in the order of day, key and model. */
export function sumUsage(records: readonly TurnRecord[]): readonly UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const record of records) {
    const { keyId, model } = record;
    const day = record.at.slice(0, 10);
    const id = JSON.stringify([day, keyId, model]);
    const row = rows.get(id) ?? { day, keyId, model, ...NOTHING };
    rows.set(id, {
      ...row,
      turns: row.turns + 1,
      failed: row.failed + (isSuccess(record.outcome) ? 0 : 1),
      promptTokens: row.promptTokens + record.promptTokens,
      completionTokens: row.completionTokens + record.completionTokens,
      cachedTokens: row.cachedTokens + record.cachedTokens,
      ...toReasoning((row.reasoningTokens ?? 0) + (record.reasoningTokens ?? 0)),
      estimated: row.estimated + (record.estimated ? 1 : 0),
    });
  }
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

function isSuccess(outcome: string): boolean {
  return SUCCESSES.has(outcome);
}

/** Few workers count thoughts. */
export function toReasoning(tokens: number): { readonly reasoningTokens?: number } {
  return tokens > 0 ? { reasoningTokens: tokens } : {};
}

/** The counts of a row that no turn has come to yet. */
export const NOTHING = {
  turns: 0,
  failed: 0,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  estimated: 0,
};
