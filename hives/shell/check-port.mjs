/**
 * Ends with 1 where the hive in argv cannot have its port, and prints why; behind "bridge " where it is a running thrum-bridge
 * that has it. A configuration that is wrong is no matter of its port.
 */
import { checkPort } from '../../dist/commands/doctor/check-port.js';
import { loadConfig } from '../../dist/hive/config.js';
import { isUpstreamWorker } from '../../dist/hive/hives.js';

const [, , kind] = process.argv;

function readConfig() {
  try {
    return isUpstreamWorker(kind) ? undefined : loadConfig({ kind, env: process.env }).config;
  } catch {
    return undefined;
  }
}

const config = readConfig();
if (config !== undefined) {
  const { verdict, isRunning } = await checkPort(config);
  if (isRunning || verdict.status === 'fail') {
    process.stdout.write(isRunning ? `bridge ${verdict.detail}` : `${verdict.detail}: ${verdict.remedy}`);
    process.exitCode = 1;
  }
}
