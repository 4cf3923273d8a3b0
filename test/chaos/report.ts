/** Shows what a run came to, and whether anything of it must not be. */
import type { ChaosReport } from './run-chaos.js';

const MIB = 2 ** 20;

/** What must not be, a line for each; none for a good run. */
export function findFailures(report: ChaosReport): string[] {
  const { tally, runTwice, openSids, exitCode } = report;
  return [
    ...tally.complaints,
    ...runTwice.map((id) => `${id}: the worker was asked twice`),
    ...(openSids.before > 0 ? [`${openSids.before} sids were open when all clients had gone`] : []),
    ...(openSids.after > 0 ? [`${openSids.after} sids were open when the bridge had gone`] : []),
    ...(exitCode === 0 ? [] : [`the bridge ended with ${exitCode}`]),
  ];
}

/** The table that is printed at the end. */
export function showReport(report: ChaosReport): string {
  const { tally, injected, runTwice, openSids, rss } = report;
  const rows: readonly (readonly [string, string | number])[] = [
    ['plan', report.planHash],
    ['turns', tally.turns],
    ['ended whole', tally.whole],
    ...byName(tally.errors).map(([how, count]) => [`ended by an error: ${how}`, count] as const),
    ['left by their client', tally.left],
    ['cut: the client did not read', tally.stalled],
    ...byName(injected).map(([kind, count]) => [`fault: ${kind}`, count] as const),
    ['turns lost', tally.lost],
    ['turns duplicated', tally.duplicated + runTwice.length],
    ['turns unended', tally.unended],
    ['open sids at the end', openSids.before + openSids.after],
    ["the bridge's memory", `${inMib(rss.before)} -> ${inMib(rss.after)} MiB`],
    ['longest block of humd and clients', `${report.longestBlockMs.toFixed(0)} ms`],
    ["the bridge's exit code", String(report.exitCode)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function byName(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([one], [other]) => one.localeCompare(other));
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
