/** The development daemon as a process of its own, for tests and benchmarks: node dist/daemon/main.js --socket … --bees … */
import { startStandAlone } from './stand-alone.js';

try {
  const daemon = await startStandAlone(process.argv.slice(2));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void daemon.close());
  process.stdout.write(`listening on ${daemon.socketPath}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
