/** All checks of the hive that is a worker: it has a humd and an upstream, and no port. */
import { keyPath } from '../../hive/paths.js';
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import type { CommandContext } from '../context.js';
import { checkWorkerConfig } from './check-config.js';
import { checkKeyFile } from './check-key-file.js';
import { checkUpstream } from './check-upstream.js';
import { type Finding, toFinding } from './finding.js';
import { findPlaces } from './places.js';
import { reach } from './reach.js';

/** Each finding as soon as it is known. */
export async function* examineWorker(
  kind: string,
  { upstream }: DoctorInvocation,
  { env, version }: CommandContext,
): AsyncGenerator<Finding, void, undefined> {
  const { findings, loaded } = await checkWorkerConfig(kind, env, upstream);
  yield* findings;
  yield toFinding('key file', checkKeyFile(keyPath(env, kind), 'wbee'));
  if (loaded === undefined) {
    yield toFinding('the rest', { status: 'skipped', detail: 'it depends on the configuration' });
    return;
  }
  yield toFinding('upstream', await checkUpstream(loaded.config));
  for (const place of findPlaces(loaded, env).places)
    yield* (await reach(place, loaded.config, version)).findings;
}
