/** Writes turns down as they end. */
import type { Caller } from '../core/request.js';
import type { TurnRecord } from '../observe/records.js';
import type { TurnObserver } from '../observe/turn-observer.js';

export interface TurnBooks {
  /** Read for every turn: 0 days keep nothing. */
  readonly config: { readonly journalDays: number };
  readonly journal: Book;
  /** Absent where this hive has no replicas. */
  readonly sharedUsage: Book | undefined;
  /** Learns of turns whose requests need no line of their own. */
  readonly audit: { sawFailedTurn(caller: Caller): void };
}

interface Book {
  record(record: TurnRecord): void;
}

export function recordTurns({ config, journal, sharedUsage, audit }: TurnBooks): TurnObserver {
  return {
    end: ({ request: { caller } }, { record, fault }) => {
      if (config.journalDays === 0) return;
      journal.record(record);
      sharedUsage?.record(record);
      // One that came to its end has nothing to say of a request that fails.
      if (fault !== undefined && caller !== undefined) audit.sawFailedTurn(caller);
    },
  };
}
