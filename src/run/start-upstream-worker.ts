/** An upstream worker on some socket, as its configuration says. */
import type { Logger } from 'pino';
import type { SlowReaders } from '../core/slow-readers.js';
import type { UpstreamWorkerConfig } from '../hive/upstream-worker-config.js';
import { ServerMemories } from '../upstream/server-memory.js';
import { type UpstreamLimits, UpstreamWorker } from '../upstream/upstream-worker.js';
import { readApiKeys } from './read-api-keys.js';

export interface UpstreamWorkerSettings {
  readonly config: UpstreamWorkerConfig;
  /** Read at each use. */
  readonly limits: UpstreamLimits;
  readonly socketPath: () => string;
  readonly hid: string;
  readonly offerEmbed: boolean;
  readonly slowReaders?: SlowReaders | undefined;
  readonly version: string;
  readonly log: Logger;
  readonly failedTurnLevel?: 'debug' | 'warn';
}

/** Of this process: a worker that is started anew knows what an earlier one has found out. */
const memories = new ServerMemories();

/** Resolves when it dials, with its models known unless the upstream takes its time. Rejects with a `ConfigError`. */
export async function startUpstreamWorker(facts: UpstreamWorkerSettings): Promise<UpstreamWorker> {
  const { config, hid, version, ...rest } = facts;
  const { kind, base, models, source, thinkTags } = config;
  const bee = UpstreamWorker.open({
    ...rest,
    introduction: { hive: kind, hid, version, source },
    base,
    models,
    thinkTags,
    apiKey: readUpstreamKey(config.apiKey),
    memory: memories.of(base),
  });
  await bee.start();
  return bee;
}

/** The first key of a file; otherwise the text itself, commas included. */
export function readUpstreamKey(value: string | undefined): string | undefined {
  return value?.trim().startsWith('@') ? readApiKeys(value)[0]?.key : value;
}
