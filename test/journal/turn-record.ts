/** A line of the journal, as it is written for a turn. */
import type { TurnRecord } from '../../src/observe/records.js';

export function turnRecord(fields: Partial<TurnRecord> = {}): TurnRecord {
  return {
    at: `${new Date().toISOString().slice(0, 10)}T10:00:00.000Z`,
    requestId: 'req_00000000-0000-0000-0000-000000000000',
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
  };
}
