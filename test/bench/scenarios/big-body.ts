/** Does a large body cost the streams beside it a token? humd drops what a reader leaves unread, so a stalled reader loses. */
import { type Bench, pause, type Subject } from '../bench.js';
import { atMost, type Figure, type Reading } from '../figure.js';
import type { JobResult } from '../load/job.js';
import { median } from '../statistics.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'big-body';
/** How many unread tones humd keeps for a connection. */
const UNREAD_TONES = 1_024;
const WARM_UP_TOKENS = 25;
const POLL_MS = 10;
/** All streams begin at once, with more tones than any reader takes in time: the limit holds from some time after that. */
const BEGIN_MS = 500;
const GAP: Figure = { scenario: SCENARIO, title: 'largest gap in a stream', unit: 'ms', digits: 0 };
const GAP_BEFORE: Figure = { ...GAP, title: 'largest gap, without the bodies' };
const LOST: Figure = { ...GAP, title: 'tokens lost', unit: '', target: atMost(0) };
const DROPPED: Figure = { ...LOST, title: 'unread tones dropped' };
const FIRST_TOKEN: Figure = { ...GAP, title: 'first token of a large body' };

export const bigBody: Scenario = {
  name: SCENARIO,
  about: 'bodies of 10 MB beside 512 streams with a token every 20 ms, of which nothing may be lost',
  async read(bench) {
    // A stream whose finish was dropped ends with an error instead of never.
    const bridge = await bench.startBridge({ OLLAMA_SERVER_TURN_TIMEOUT_MS: '20000' });
    const readings: Reading[] = [];
    for (const surface of bench.surfaces) {
      const subject = bench.subject(bridge, surface);
      const { streams, paceMs } = bench.sizes.bigBody;
      // Compiles what the streams need, so that what is slow afterwards is the bodies.
      const before = await bench.run(subject, {
        requests: streams,
        concurrency: streams,
        tokens: WARM_UP_TOKENS,
        paceMs,
      });
      const droppedBefore = await bench.dropped();
      const { beside, bodies } = await readBeside(bench, subject);
      await bench.limitUnread(0);
      const dropped = (await bench.dropped()) - droppedBefore;
      if (dropped > 0) bench.fail(`${dropped} unread tones were dropped`);
      readings.push(
        { figure: LOST, subject: surface, value: beside.lost },
        { figure: DROPPED, subject: surface, value: dropped },
        { figure: GAP, subject: surface, value: beside.largestGapMs },
        { figure: GAP_BEFORE, subject: surface, value: before.largestGapMs },
        { figure: FIRST_TOKEN, subject: surface, value: median(bodies.firstTokenMs) },
      );
    }
    await bench.stopBridge(bridge);
    return readings;
  },
};

/** Runs the streams, and the bodies as soon as every stream has begun. */
async function readBeside(
  bench: Bench,
  subject: Subject,
): Promise<{ readonly beside: JobResult; readonly bodies: JobResult }> {
  const { streams, tokens, paceMs, bodies: requests, characters } = bench.sizes.bigBody;
  let hasEnded = false;
  const running = bench
    .run(subject, { requests: streams, concurrency: streams, tokens, paceMs })
    .finally(() => {
      hasEnded = true;
    });
  while (!hasEnded && (await bench.openSids()) < streams) await pause(POLL_MS);
  await pause(BEGIN_MS);
  await bench.limitUnread(UNREAD_TONES);
  const bodies = await bench.runBeside(subject, {
    requests,
    concurrency: 1,
    tokens: 1,
    historyCharacters: characters,
  });
  if ((await bench.openSids()) < streams) bench.fail('streams ended before the large bodies were answered');
  return { beside: await running, bodies };
}
