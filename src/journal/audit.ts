/** Writes a line for each request that was refused or failed but for its turn, and never more lines than the disk can bear. */
import type { Caller } from '../core/request.js';
import type { OmittedRecord, RequestAudit, RequestRecord } from '../observe/records.js';
import type { ObservedTurn, TurnObserver } from '../observe/turn-observer.js';

/** So many lines may come at once… */
const BURST_LINES = 200;
/** …and this many in the long run; about 100 MB a day. */
const LINES_PER_SECOND = 5;
/** How often at the most a line says how many were left out. */
const SUMMARY_MS = 10_000;

export interface AuditOptions {
  write(line: RequestRecord | OmittedRecord): void;
  /** In ms, on a clock that never goes back. */
  now?(): number;
}

export class Audit implements RequestAudit, TurnObserver {
  readonly #write: AuditOptions['write'];
  readonly #now: () => number;
  readonly #withFailedTurn = new WeakSet<Caller>();
  #lines = BURST_LINES;
  #refilledAt: number;
  #omitted = 0;
  #omittedSince = '';
  #timer: NodeJS.Timeout | undefined;

  constructor({ write, now = () => performance.now() }: AuditOptions) {
    this.#write = write;
    this.#now = now;
    this.#refilledAt = now();
  }

  /** The turn has a line that says how it failed: its request needs none. */
  fault({ request: { caller } }: Pick<ObservedTurn, 'request'>): void {
    if (caller !== undefined) this.#withFailedTurn.add(caller);
  }

  failed(record: RequestRecord, caller?: Caller): void {
    if (record.code === 'client-left') return;
    if (caller !== undefined && this.#withFailedTurn.has(caller)) return;
    this.#refill();
    if (this.#lines >= 1) {
      this.#lines--;
      this.#write(record);
      return;
    }
    if (this.#omitted++ === 0) this.#omittedSince = record.at;
    this.#timer ??= setTimeout(() => this.flush(), SUMMARY_MS).unref();
  }

  /** Says how many lines were left out since the last time. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#omitted === 0) return;
    this.#write({ at: this.#omittedSince, kind: 'requests-omitted', count: this.#omitted });
    this.#omitted = 0;
  }

  #refill(): void {
    const now = this.#now();
    const gained = ((now - this.#refilledAt) / 1_000) * LINES_PER_SECOND;
    this.#lines = Math.min(BURST_LINES, this.#lines + gained);
    this.#refilledAt = now;
  }
}
