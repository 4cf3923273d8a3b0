/** Sums a day's file up, from where that was last done to its end. Runs in a thread where that is long. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isCount, MAX_SUM } from '../core/count.js';
import { isJsonObject, parseJson } from '../core/json-object.js';
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

/** One that is being added to. */
export type Row = { -readonly [Name in keyof UsageRow]: UsageRow[Name] };

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
  const record = parseJson(Buffer.from(line, 'latin1').toString('utf8'));
  if (!isJsonObject(record)) return false;
  if ('kind' in record) return true;
  const { keyId, model, outcome, promptTokens, completionTokens, cachedTokens, reasoningTokens, estimated } =
    record;
  if (typeof model !== 'string' || typeof outcome !== 'string') return false;
  if (!(keyId === null || typeof keyId === 'string')) return false;
  if (!isCount(promptTokens, MAX_SUM) || !isCount(completionTokens, MAX_SUM)) return false;
  if (!isCount(cachedTokens, MAX_SUM)) return false;
  addTurn(rowOf(rows, day, keyId, model), {
    outcome,
    promptTokens,
    completionTokens,
    cachedTokens,
    reasoningTokens: isCount(reasoningTokens, MAX_SUM) ? reasoningTokens : 0,
    estimated: estimated === true,
  });
  return true;
}

/** What counts of a turn. */
type Counted = Pick<
  TurnRecord,
  'promptTokens' | 'completionTokens' | 'cachedTokens' | 'reasoningTokens' | 'estimated'
> & { readonly outcome: string };

/** Adds a turn to its row. */
export function addTurn(row: Row, turn: Counted): void {
  row.turns++;
  if (!SUCCESSES.has(turn.outcome)) row.failed++;
  row.promptTokens += turn.promptTokens;
  row.completionTokens += turn.completionTokens;
  row.cachedTokens += turn.cachedTokens;
  // Few workers count thoughts.
  const reasoningTokens = (row.reasoningTokens ?? 0) + (turn.reasoningTokens ?? 0);
  if (reasoningTokens > 0) row.reasoningTokens = reasoningTokens;
  if (turn.estimated) row.estimated++;
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

/** The counts of a row that no turn has come to yet. */
export const NOTHING = {
  turns: 0,
  failed: 0,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  estimated: 0,
};
