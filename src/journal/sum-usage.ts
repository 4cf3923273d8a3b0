/** Sums records up by day, key and model. */
import type { TurnRecord, UsageRow } from '../observe/records.js';

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

export function isSuccess(outcome: string): boolean {
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
