/** Loaded ahead of a program with `--import`: answers each message with the functions that were called since the last one. */
import { Session } from 'node:inspector';

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

process.on('message', () => {
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error) throw error;
    process.send?.(coverage.result.flatMap(({ url, functions }) => calledIn(url, functions)));
  });
});
// The program ends as it would without a parent.
process.channel?.unref();

/** Without `detailed` each function has one range. A module's own code begins where the file does. */
function calledIn(url, functions) {
  const called = functions.filter(({ ranges: [range] }) => range.count > 0);
  return called.map(({ ranges: [range] }) => ({ url, isModule: range.startOffset === 0 }));
}
