/** Counts what the turns of a run came to, and says whether that is as it must be. */
import type { Verdict } from './judge.js';

export interface Tally {
  readonly turns: number;
  readonly whole: number;
  /** Errors that clients were told, by status and words. */
  readonly errors: ReadonlyMap<string, number>;
  readonly left: number;
  /** Connections that the bridge broke because their client did not read. */
  readonly stalled: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly unended: number;
  /** What went wrong, a line for each turn. */
  readonly complaints: readonly string[];
}

export class TallyKeeper {
  readonly #counts = new Map<Verdict['kind'] | 'stalled', number>();
  readonly #errors = new Map<string, number>();
  readonly #complaints: string[] = [];

  /**
   * @param what names the turn in a complaint
   * @param readsSlowly the bridge may break this client's connection
   */
  add(verdict: Verdict, what: string, readsSlowly = false): void {
    switch (verdict.kind) {
      case 'error':
        this.#errors.set(verdict.how, (this.#errors.get(verdict.how) ?? 0) + 1);
        break;
      case 'lost':
      case 'duplicated':
        this.#complaints.push(`${what}: ${verdict.kind}: ${verdict.why}`);
        break;
      case 'cut':
        if (readsSlowly) {
          this.#count('stalled');
          return;
        }
        this.#complaints.push(`${what}: the connection broke`);
        break;
      case 'unended':
        this.#complaints.push(`${what}: no end`);
        break;
      default:
    }
    this.#count(verdict.kind);
  }

  tally(): Tally {
    const of = (kind: Verdict['kind'] | 'stalled') => this.#counts.get(kind) ?? 0;
    return {
      turns: [...this.#counts.values()].reduce((sum, count) => sum + count, 0),
      whole: of('whole') + of('calls'),
      errors: this.#errors,
      left: of('left'),
      stalled: of('stalled'),
      lost: of('lost'),
      duplicated: of('duplicated'),
      unended: of('unended') + of('cut'),
      complaints: this.#complaints,
    };
  }

  #count(kind: Verdict['kind'] | 'stalled'): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }
}
