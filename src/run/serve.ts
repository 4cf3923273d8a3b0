/** Runs the hives that were asked for, on the nest that was asked for or found. */
import { isUpstreamWorker } from '../hive/hives.js';
import { chooseNest } from './choose-nest.js';
import type { ServeOptions, Service } from './service.js';
import { prepareHives, reloadSettings, requireIdentities, withoutUnserved } from './settings.js';
import { type RunningHives, startHives } from './start-hives.js';
import { startLine } from './start-line.js';

/**
 * Validates all configuration before any port is taken. Rejects with a `ConfigError` for what the user wrote, or with the
 * system's error for what the machine refuses.
 */
export async function serve(options: ServeOptions): Promise<Service> {
  const { invocation, env, version, log, print } = options;
  const [only = '', ...others] = invocation.hives;
  if (isUpstreamWorker(only) && others.length === 0) {
    const { serveUpstreamWorker } = await import('./serve-upstream-worker.js');
    return serveUpstreamWorker(options);
  }
  const reader = { env, flags: invocation.flags, insecure: invocation.insecure, log };
  let hives = await prepareHives(invocation.hives, reader);
  const nest = await chooseNest(
    invocation.nest,
    hives.map(({ config }) => config),
    env,
    { flag: invocation.upstream, version, log },
  );
  try {
    requireIdentities(hives, nest.plan, log);
  } catch (error) {
    await nest.close();
    throw error;
  }
  hives = withoutUnserved(hives, nest.plan);
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
      hives = withoutUnserved(reloadSettings(hives, reader), nest.plan);
      running.reload(hives);
    },
    async close() {
      await running.close();
      await nest.close();
    },
  };
}
