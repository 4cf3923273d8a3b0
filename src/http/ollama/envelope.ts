/** What every line and every whole answer of a turn carries. */
import type { Clock } from '../clock.js';
import type { Timings } from './timings.js';

export interface Envelope {
  /** As the client wrote it. */
  readonly model: string;
  readonly clock: Clock;
  readonly timings: Timings;
  /** Packs the conversation with the answer's whole text, where the answer is to carry it. */
  readonly toContext?: ((text: string) => readonly number[]) | undefined;
}
