/** Decides who answers: a humd, or the development daemon within this process. */
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Logger } from 'pino';
import {
  type Embedded,
  type EmbeddedOptions,
  type EmbeddedWorker,
  startEmbedded,
} from '../daemon/embedded.js';
import { SlowReaders } from '../core/slow-readers.js';
import { ConfigError } from '../hive/config-error.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { resolveSocketPath, rosterPath } from '../hive/paths.js';
import { systemCodeOf } from '../hive/system-code.js';
import type { UpstreamWorkerConfig } from '../hive/upstream-worker-config.js';
import { readBreath } from '../thrum/link/probe.js';
import type { NestPlace } from './create-nest.js';
import type { NestChoice } from './command-line/invocation.js';
import { readWantedUpstream, refuseOwnAddress } from './wanted-upstream.js';

/** What was chosen, as it can be sent to another process. */
export const nestPlan = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hum') }),
  z.object({
    type: z.literal('embedded'),
    socketPath: z.string(),
    rosterPath: z.string(),
    why: z.string(),
    /** The base of the server that answers; null where that is the echo. */
    upstream: z.string().nullable(),
    /** True if turns go to a humd as soon as one is there. */
    awaitsHum: z.boolean(),
  }),
]);

export type NestPlan = Readonly<z.output<typeof nestPlan>>;

/** How a nest looks to the hives on it. */
export interface NestView {
  /** Where the hive may find a humd, first choice first; at least one. */
  placesFor(config: HiveConfig): readonly NestPlace[];
  /** Where a humd may appear that turns go to from then on; none where they stay. */
  laterPlacesFor(config: HiveConfig): readonly NestPlace[];
}

/** What it takes to start an upstream worker. */
export interface UpstreamOptions {
  /** What stands behind `--upstream`; undefined where it was not typed. */
  readonly flag: string | undefined;
  readonly version: string;
  readonly log: Logger;
}

export interface ChosenNest extends NestView {
  readonly plan: NestPlan;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A worker with the server that it found. */
interface StartedUpstream extends EmbeddedWorker {
  readonly base: string;
  relist(): Promise<void>;
}

/** How long the worker of the embedded daemon has to link to it. */
const LINK_TIMEOUT_MS = 5_000;
/** How long a humd has to say its first word before it counts as absent. */
const PROBE_TIMEOUT_MS = 1_000;

/**
 * `auto` is `hum` if a daemon answers now, or if a socket was named explicitly; else, and with `--upstream`, it is `embedded`.
 * There the upstream answers that was wished for, else the echo, which serves the models of all `configs`. From the echo, and only
 * with `auto`, turns go to a humd as soon as one is there. Rejects with a
 * `ConfigError` for an upstream that cannot be.
 */
export async function chooseNest(
  choice: NestChoice,
  configs: readonly HiveConfig[],
  env: Environment,
  options?: UpstreamOptions,
): Promise<ChosenNest> {
  const embeddedNest = (why: string, isAuto = false) => startNest(configs, env, { why, isAuto }, options);
  switch (choice) {
    case 'hum':
      if (options?.flag !== undefined)
        throw new ConfigError('--upstream is for the daemon within this process: leave --nest hum out');
      return humNest(env);
    case 'embedded':
      return embeddedNest('as asked');
    case 'auto': {
      if (options?.flag !== undefined) return embeddedNest('for --upstream');
      const [first] = configs;
      if (configs.some(namesSocket)) return humNest(env);
      const socketPath = socketPathOf(first, env);
      if ((await readBreath(socketPath, PROBE_TIMEOUT_MS)) !== undefined) return humNest(env);
      return embeddedNest(`no humd at ${socketPath}`, true);
    }
    default:
      return choice satisfies never;
  }
}

/** The nest of a plan, which may have been made by another process. */
export function toNestView(plan: NestPlan, env: Environment): NestView {
  switch (plan.type) {
    case 'hum':
      return humView(env);
    case 'embedded':
      return embeddedView(plan, env);
    default:
      return plan satisfies never;
  }
}

function humNest(env: Environment): ChosenNest {
  return { plan: { type: 'hum' }, ...humView(env), close: async () => undefined };
}

function humView(env: Environment): NestView {
  return {
    placesFor: (config) =>
      config.thrumSocks.length > 0
        ? config.thrumSocks.map(({ socket, roster }) => ({ socketPath: () => socket, rosterPath: roster }))
        : [{ socketPath: () => socketPathOf(config, env), rosterPath: rosterPath(env) }],
    laterPlacesFor: () => [],
  };
}

async function startNest(
  configs: readonly HiveConfig[],
  env: Environment,
  { why, isAuto }: { readonly why: string; readonly isAuto: boolean },
  options: UpstreamOptions | undefined,
): Promise<ChosenNest> {
  const upstream = options && readWantedUpstream(options.flag, env);
  if (upstream !== undefined) await refuseOwnAddress(upstream.base, configs);
  let bee: StartedUpstream | undefined;
  const slowReaders = upstream && new SlowReaders();
  const embedded = await startDaemonWithin({
    models: [...new Set(configs.flatMap((config) => config.models.map(({ name }) => name)))],
    startWorker:
      options === undefined || upstream === undefined
        ? undefined
        : async (socketPath) => {
            bee = await startUpstream(upstream, socketPath, options, slowReaders);
            return bee;
          },
  });
  const { socketPath, beesPath: rosterPath } = embedded;
  const plan = {
    type: 'embedded',
    socketPath,
    rosterPath,
    why,
    upstream: bee?.base ?? null,
    awaitsHum: isAuto && upstream === undefined,
  } as const;
  const hints = { slowReaders, relist: bee && (() => bee?.relist()) };
  return { plan, ...embeddedView(plan, env, hints), close: () => embedded.close() };
}

/** As `startEmbedded`. Rejects with a `ConfigError` where its folder cannot be made. */
async function startDaemonWithin(options: EmbeddedOptions): Promise<Embedded> {
  try {
    return await startEmbedded(options);
  } catch (error) {
    if (!(error instanceof Error) || Object(error).syscall !== 'mkdtemp') throw error;
    const folder = dirname(String(Object(error).path));
    throw new ConfigError(
      `no folder for the daemon within this process can be made in ${folder} (${systemCodeOf(error)}): set TMPDIR to a folder that this user can write`,
    );
  }
}

/** The package that speaks to it is only loaded here. */
async function startUpstream(
  config: UpstreamWorkerConfig,
  socketPath: string,
  { version, log }: UpstreamOptions,
  slowReaders: SlowReaders | undefined,
): Promise<StartedUpstream> {
  const { startUpstreamWorker } = await import('./start-upstream-worker.js');
  const { createWorkerHid } = await import('../daemon/worker/worker-bee.js');
  const bee = await startUpstreamWorker({
    config,
    limits: { ...config, maxToneBytes: Number.POSITIVE_INFINITY, socketCheck: 'off' },
    socketPath: () => socketPath,
    hid: createWorkerHid(),
    slowReaders,
    // Only our own clients are on this mesh.
    offerEmbed: true,
    version,
    log: log.child({ hive: config.kind }),
    // The bridge's own line has the cause: it comes with the fault.
    failedTurnLevel: 'debug',
  });
  try {
    await bee.whenUp(LINK_TIMEOUT_MS);
  } catch (error) {
    await bee.close();
    throw error;
  }
  return bee;
}

function embeddedView(
  { socketPath, rosterPath, why, upstream, awaitsHum }: Extract<NestPlan, { type: 'embedded' }>,
  env: Environment,
  hints: Pick<NestPlace, 'slowReaders' | 'relist'> = {},
): NestView {
  const embedded = { why, upstream, awaitsHum };
  return {
    placesFor: () => [{ socketPath: () => socketPath, rosterPath, embedded, ...hints }],
    laterPlacesFor: (config) => (awaitsHum ? humView(env).placesFor(config) : []),
  };
}

function namesSocket({ thrumSock, thrumSocks }: HiveConfig): boolean {
  return thrumSock !== undefined || thrumSocks.length > 0;
}

function socketPathOf(config: HiveConfig | undefined, env: Environment): string {
  return resolveSocketPath({ explicit: config?.thrumSock, env, uid: process.getuid?.() ?? 0 });
}
