/** Reads of a tone only what the stand-in needs, without parsing it: a prompt may have ten megabytes. */
import { ORDER_LENGTH, ORDER_MARK, type Order, readOrder } from '../order.js';

/** What the bridge writes first in every tone stands within so many bytes. */
const HEAD_BYTES = 400;

export interface ToneHead {
  readonly chi: string;
  readonly rid: string | undefined;
  readonly sid: string | undefined;
}

export function readHead(line: Buffer): ToneHead {
  const head = line.toString('latin1', 0, HEAD_BYTES);
  return {
    chi: /"chi":"([a-z-]+)"/.exec(head)?.[1] ?? '',
    rid: /"rid":"([^"]+)"/.exec(head)?.[1],
    sid: /"sid":"([^"]+)"/.exec(head)?.[1],
  };
}

/** The last order in a prompt. */
export function readPromptOrder(line: Buffer): Order | undefined {
  const at = line.lastIndexOf(ORDER_MARK);
  return at === -1 ? undefined : readOrder(line.toString('latin1', at, at + ORDER_LENGTH));
}
