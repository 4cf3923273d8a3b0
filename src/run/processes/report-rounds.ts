/** The primary's part in asking all processes something: passes the question on, and the answers back. */
import { randomUUID } from 'node:crypto';
import type { Report, Topic } from './all-processes.js';
import type { ToWorker } from './messages.js';

/** A process that is busy for longer is left out. */
const DEADLINE_MS = 500;

interface Round {
  readonly reports: Report[];
  missing: number;
  end(): void;
}

export class ReportRounds {
  readonly #tellAll: (message: ToWorker) => number;
  readonly #rounds = new Map<string, Round>();

  /** @param tellAll says something to each process; returns how many there are */
  constructor(tellAll: (message: ToWorker) => number) {
    this.#tellAll = tellAll;
  }

  /** Asks all; `answer` is called once, with what has come when all have answered or `DEADLINE_MS` are over. */
  begin(
    { hive, topic }: { readonly hive: string; readonly topic: Topic },
    answer: (reports: readonly Report[]) => void,
  ): void {
    const id = randomUUID();
    const reports: Report[] = [];
    const end = () => {
      clearTimeout(timer);
      if (this.#rounds.delete(id)) answer(reports);
    };
    const timer = setTimeout(end, DEADLINE_MS);
    const round: Round = { reports, missing: 0, end };
    this.#rounds.set(id, round);
    round.missing = this.#tellAll({ type: 'report', id, hive, topic });
    if (round.missing === 0) end();
  }

  /** A process has answered; undefined: it has no such hive. */
  take(id: string, report: Report | undefined): void {
    const round = this.#rounds.get(id);
    if (round === undefined) return;
    if (report !== undefined) round.reports.push(report);
    if (--round.missing === 0) round.end();
  }
}
