/** Runs a job: so many requests at a time until all are answered. */
import { DirectLink } from './direct-link.js';
import { HttpLane } from './http-lane.js';
import type { Job, JobResult } from './job.js';
import type { Lane } from './lane.js';
import { createRequests } from './to-request.js';

const SHOWN_FAILURES = 3;

/** No two requests of a process have the same, whatever job they are of. */
let streams = 0;

export interface RunningJob {
  readonly result: Promise<JobResult>;
  /** Lets go of all connections. */
  release(): void;
}

export function startJob(job: Job): RunningJob {
  const { lanes, close } = createLanes(job);
  return {
    result: run(job, lanes).finally(() => {
      if (job.ending !== 'hold') close();
    }),
    release: close,
  };
}

function createLanes(job: Job): { readonly lanes: readonly Lane[]; close(): void } {
  const { target, concurrency } = job;
  if (target.kind === 'direct') {
    const link = new DirectLink(target.socketPath);
    const lanes = Array.from({ length: concurrency }, () => link.createLane(job.historyCharacters));
    return { lanes, close: () => link.close() };
  }
  const toRequest = createRequests(target, job);
  const lanes = Array.from({ length: concurrency }, () => new HttpLane(target, job, toRequest));
  return {
    lanes,
    close: () => {
      for (const lane of lanes) lane.close();
    },
  };
}

async function run(job: Job, lanes: readonly Lane[]): Promise<JobResult> {
  const { tokens, paceMs, dialect } = job;
  if (job.connections === 'kept') await Promise.all(lanes.map((lane) => lane.open()));
  const tally = { tokens: 0, lost: 0, misordered: 0, duplicated: 0, failed: 0 };
  const firstTokenMs: number[] = [];
  const failures: string[] = [];
  let largestGapMs = 0;
  let left = job.requests;
  const startedAt = performance.now();
  const work = async (lane: Lane) => {
    while (left-- > 0) {
      const ending = job.ending === 'whole' ? 'finish' : 'hold';
      const asked = await lane.ask({ stream: streams++, tokens, paceMs, dialect, ending });
      const { count, failure } = asked;
      if (asked.firstTokenMs !== undefined) firstTokenMs.push(asked.firstTokenMs);
      largestGapMs = Math.max(largestGapMs, asked.largestGapMs);
      tally.tokens += count.tokens;
      tally.misordered += count.misordered;
      tally.duplicated += count.duplicated;
      if (job.ending !== 'abort') tally.lost += count.lost;
      if (failure === undefined) continue;
      tally.failed++;
      if (failures.length < SHOWN_FAILURES) failures.push(failure);
    }
  };
  await Promise.all(lanes.map(work));
  return { wallMs: performance.now() - startedAt, firstTokenMs, largestGapMs, ...tally, failures };
}
