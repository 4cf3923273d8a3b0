/**
 * Asks the registry for known holes in what is installed with the package. Ends with 1 for one that is high or critical; where the
 * registry does not answer that, it says so and ends with 0.
 */
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

const TIMEOUT_MS = 60_000;

/** @param output of `npm audit --json`. @returns what to print, and whether it is bad */
export function judgeAudit(output) {
  let report;
  try {
    report = JSON.parse(output);
  } catch {
    report = undefined;
  }
  const counts = report?.metadata?.vulnerabilities;
  if (typeof counts !== 'object' || counts === null)
    return { text: 'npm audit: the registry does not answer it', isBad: false };
  const { high = 0, critical = 0, total = 0 } = counts;
  const names = Object.keys(report.vulnerabilities ?? {});
  return {
    text: `npm audit: ${total} known holes, of which ${high} high and ${critical} critical${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
    isBad: high + critical > 0,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0'], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const { text, isBad } = judgeAudit(stdout ?? '');
  process.stdout.write(`${text}\n`);
  if (isBad) process.exitCode = 1;
}
