/**
 * How a hive is doing in all processes that share its port, whichever of them a request has come to: that one asks the
 * primary, the primary asks all, and the answers go back the same way.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isJsonObject } from '../../core/json-object.js';
import type { SessionInfo } from '../../core/port.js';
import type { BridgeStatus } from '../../observe/status.js';

export const reportTopic = z.enum(['status', 'metrics', 'sessions']);
export type ReportTopic = z.output<typeof reportTopic>;

/** What one process reports about one hive. Its shape is not checked further: both processes run the same program. */
export const report = z.discriminatedUnion('topic', [
  z.object({ topic: z.literal('status'), status: z.custom<BridgeStatus>(isJsonObject) }),
  z.object({ topic: z.literal('metrics'), metrics: z.array(z.custom<object>(isJsonObject)).readonly() }),
  z.object({
    topic: z.literal('sessions'),
    sessions: z.array(z.custom<SessionInfo>(isJsonObject)).readonly(),
  }),
]);
export type Report = Readonly<z.output<typeof report>>;

/** Asks all processes that share the port. */
export interface ReportGatherer {
  /** The reports of all that answer in time, the asking process's own among them; in no particular order. */
  gather(hive: string, topic: ReportTopic): Promise<readonly Report[]>;
}

/** A hive in this process, as far as it can be reported on. */
export interface ReportSource {
  status(): BridgeStatus;
  metrics(): Promise<readonly object[]>;
  sessions(): readonly SessionInfo[];
}

export async function toReport(source: ReportSource, topic: ReportTopic): Promise<Report> {
  switch (topic) {
    case 'status':
      return { topic, status: source.status() };
    case 'metrics':
      return { topic, metrics: await source.metrics() };
    case 'sessions':
      return { topic, sessions: source.sessions() };
    default:
      return topic satisfies never;
  }
}

/** A question to all processes; its id is how the answers find back. */
export interface ReportRequest {
  readonly id: string;
  readonly hive: string;
  readonly topic: ReportTopic;
}

/** The primary answers sooner, unless it is gone. */
const PRIMARY_TIMEOUT_MS = 2_000;
/** A process that is busy for longer is left out. */
const PROCESS_TIMEOUT_MS = 500;

/** In the process that a request has come to: asks the primary and waits for its answer. */
export class PrimaryReports implements ReportGatherer {
  readonly #ask: (request: ReportRequest) => void;
  readonly #waiting = new Map<string, (reports: readonly Report[]) => void>();

  constructor(ask: (request: ReportRequest) => void) {
    this.#ask = ask;
  }

  /** Resolves with no report if the primary does not answer within 2 s. */
  gather(hive: string, topic: ReportTopic): Promise<readonly Report[]> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const end = (reports: readonly Report[]) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(reports);
      };
      const timer = setTimeout(() => end([]), PRIMARY_TIMEOUT_MS);
      this.#waiting.set(id, end);
      this.#ask({ id, hive, topic });
    });
  }

  /** Takes the primary's answer to the request `id`. */
  onGathered(id: string, reports: readonly Report[]): void {
    this.#waiting.get(id)?.(reports);
  }
}

interface OpenRequest {
  readonly reports: Report[];
  /** Processes that have not answered yet. */
  missing: number;
  end(): void;
}

/** In the primary: asks all processes and collects what they report. */
export class ReportCollector {
  readonly #askAll: (request: ReportRequest) => number;
  readonly #open = new Map<string, OpenRequest>();

  /** @param askAll sends the request to each process; returns to how many */
  constructor(askAll: (request: ReportRequest) => number) {
    this.#askAll = askAll;
  }

  /** Resolves with what has come when all have answered, or after 500 ms. */
  collect(hive: string, topic: ReportTopic): Promise<readonly Report[]> {
    const id = randomUUID();
    const reports: Report[] = [];
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(reports);
      };
      const timer = setTimeout(end, PROCESS_TIMEOUT_MS);
      const request: OpenRequest = { reports, missing: 0, end };
      this.#open.set(id, request);
      request.missing = this.#askAll({ id, hive, topic });
      if (request.missing === 0) end();
    });
  }

  /** Takes one process's answer; undefined if it has no such hive. */
  onReport(id: string, report: Report | undefined): void {
    const request = this.#open.get(id);
    if (request === undefined) return;
    if (report !== undefined) request.reports.push(report);
    if (--request.missing === 0) request.end();
  }
}
