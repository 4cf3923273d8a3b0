/** Runs the hives that were asked for, on the nest that was asked for or found. */
import { isUpstreamWorker } from '../hive/hives.js';
import { prepareService, type ServeOptions, type Service } from './service.js';
import { type RunningHives, startHives } from './start-hives.js';
import { startLine } from './start-line.js';

/** Rejects as `prepareService` does, or with the system's error for what the machine refuses. */
export async function serve(options: ServeOptions): Promise<Service> {
  const { invocation, env, version, log, print } = options;
  const [only = '', ...others] = invocation.hives;
  if (isUpstreamWorker(only) && others.length === 0) {
    const { serveUpstreamWorker } = await import('./serve-upstream-worker.js');
    return serveUpstreamWorker(options);
  }
  const prepared = await prepareService(options);
  const { hives, nest } = prepared;
  let running: RunningHives;
  try {
    running = await startHives({ hives, nest, env, version, log });
  } catch (error) {
    await nest.close();
    throw error;
  }
  for (const facts of await running.facts()) print(startLine({ version, processes: 1, ...facts }));
  return {
    reload() {
      running.reload(prepared.reload());
    },
    async close() {
      await running.close();
      await nest.close();
    },
  };
}
