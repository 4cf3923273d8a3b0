/** Runs the hive `upstream-worker`: a worker bee of a humd, without a port. */
import { ConfigError } from '../hive/config-error.js';
import { UPSTREAM_WORKER as kind } from '../hive/hives.js';
import { loadIdentity } from '../hive/identity.js';
import { keyPath, resolveSocketPath, rosterPath } from '../hive/paths.js';
import { readBinds } from '../hive/roster.js';
import { loadUpstreamWorkerConfig, type UpstreamWorkerConfig } from '../hive/upstream-worker-config.js';
import type { ServeOptions, Service } from './service.js';
import { startUpstreamWorker } from './start-upstream-worker.js';
import { refuseOwnAddress, toBaseFlags } from './wanted-upstream.js';

/** What a running worker can take over; the rest is sent to hum once, or opened once. */
const LIVE_KEYS = ['maxCells', 'refreshMs', 'maxToneBytes', 'socketCheck'] as const;

/** How long the start line waits for the link. */
const LINK_TIMEOUT_MS = 1_000;

/** Rejects with a `ConfigError`. */
export async function serveUpstreamWorker({
  invocation,
  env,
  version,
  log,
  print,
}: ServeOptions): Promise<Service> {
  if (invocation.nest === 'embedded')
    throw new ConfigError(
      `${kind} is a bee of a humd: the daemon within this process gets an upstream by --upstream`,
    );
  const ownLog = log.child({ hive: kind });
  const read = (): UpstreamWorkerConfig => {
    const flags = [...toBaseFlags(invocation.upstream), ...invocation.flags];
    const { config, warnings } = loadUpstreamWorkerConfig({ env, flags });
    for (const warning of warnings) ownLog.warn(warning);
    return config;
  };
  const first = read();
  // A forager of the same humd as the upstream would hand each turn back to this worker.
  await refuseOwnAddress(first.base, readBinds(rosterPath(env)));
  let current = first;
  const bee = await startUpstreamWorker({
    config: first,
    limits: {
      silenceMs: first.silenceMs,
      get maxCells() {
        return current.maxCells;
      },
      get refreshMs() {
        return current.refreshMs;
      },
      get maxToneBytes() {
        return current.maxToneBytes;
      },
      get socketCheck() {
        return current.socketCheck;
      },
    },
    socketPath: () => resolveSocketPath({ explicit: first.thrumSock, env, uid: process.getuid?.() ?? 0 }),
    hid: loadIdentity({ keyPath: keyPath(env, kind), role: 'wbee' }).hid,
    offerEmbed: first.offerEmbed,
    version,
    log: ownLog,
  });
  await bee.whenUp(LINK_TIMEOUT_MS).catch(() => undefined);
  const [socket] = bee.sockets;
  const nest = socket?.state === 'up' ? 'humd' : 'humd (not there yet)';
  print(
    `thrum-bridge ${version}: ${kind} for ${bee.base}${bee.problem === undefined ? '' : ` (${bee.problem})`} | nest: ${nest} at ${socket?.socket} | ` +
      `models: ${bee.models.join(', ') || 'none yet'}`,
  );
  return {
    reload() {
      try {
        const next = read();
        const live: readonly string[] = LIVE_KEYS;
        const fixed = Object.entries(next).filter(([key]) => !live.includes(key));
        const needRestart = fixed
          .filter(
            ([key, value]) =>
              JSON.stringify(value) !== JSON.stringify(new Map(Object.entries(first)).get(key)),
          )
          .map(([key]) => key);
        if (needRestart.length > 0)
          ownLog.warn({ keys: needRestart }, `changed, but needs a restart: ${needRestart.join(', ')}`);
        current = next;
        ownLog.info('the configuration was read again');
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        ownLog.error(`the configuration stays as it was: ${error.message}`);
      }
    },
    close: () => bee.close(),
  };
}
