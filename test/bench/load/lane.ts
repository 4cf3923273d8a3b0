/** One way to the target on which requests go one after the other. */
import type { Order } from '../order.js';
import type { TokenCount } from './token-count.js';

/** How one answer went. */
export interface Asked {
  readonly count: TokenCount;
  /** Undefined if there was no token. */
  readonly firstTokenMs: number | undefined;
  /** The longest time without a token after the first one. */
  readonly largestGapMs: number;
  /** Undefined for an answer that went as it should. */
  readonly failure: string | undefined;
}

export interface Lane {
  /** Resolves when requests can be sent. Rejects if the target cannot be reached. */
  open(): Promise<void>;
  /** Never rejects. */
  ask(order: Order): Promise<Asked>;
  close(): void;
}
