/** The load client as a process of its own, so that what it costs is not taken for the bridge's: one job after the other. */
import type { Job } from './job.js';
import { type RunningJob, startJob } from './run-job.js';

let held: RunningJob | undefined;

process.on('message', (job: Job | 'release') => {
  held?.release();
  held = undefined;
  if (job === 'release') {
    process.send?.('released');
    return;
  }
  const running = startJob(job);
  if (job.ending === 'hold') held = running;
  running.result.then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
