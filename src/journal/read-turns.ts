/** Finds the lines of turns in a day's journal. */
import type { TurnRecord } from '../observe/turn-record.js';

/** Passes over other kinds of lines, and over one that was cut off when the machine stopped. */
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
