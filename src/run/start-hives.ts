/** Runs hives in this process, on a nest that has been chosen. */
import type { Logger } from 'pino';
import { journalFolder } from '../hive/paths.js';
import type { Traces } from '../observe/traces.js';
import { type Bridge, startBridge } from './bridge.js';
import type { NestView } from './choose-nest.js';
import type { ProcessChannels } from './processes/messages.js';
import type { ReportGatherer } from './processes/reports.js';
import type { HiveSettings, ReadyHive } from './settings.js';
import { openSharedState, type SharedState } from './shared-state.js';
import { connectionRoom } from './open-files.js';
import { loadOptional } from './optional-package.js';
import { type HiveFacts, toHiveFacts } from './start-line.js';

export interface HivesOptions {
  readonly hives: readonly ReadyHive[];
  readonly nest: NestView;
  /** Tells this process from others of the same hid; absent where there are none. */
  readonly nestlerId?: string | undefined;
  /** Of this process among those of the same hives, from 0; absent where there is only one. */
  readonly processNumber?: number | undefined;
  /** Asks all processes that share the ports; absent where there is only this one. */
  readonly reports?: ReportGatherer | undefined;
  /** How these processes tell each other what has happened; absent where there is only this one. */
  readonly channels?: ProcessChannels | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Logger;
}

export interface RunningHives {
  readonly bridges: readonly Bridge[];
  /** What there is to say of each, once its link is up or that has taken too long. */
  facts(): Promise<readonly HiveFacts[]>;
  /** From now on these settings hold; hives that are not among them keep theirs. */
  reload(settings: readonly HiveSettings[]): void;
  /** Drains and ends them. May be called twice. */
  close(): Promise<void>;
}

const TRACE_ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];

/** The one that the exporter speaks. */
const OTLP_PROTOCOL = 'http/json';

/** How long the start line waits for the link, so that it can name the models. */
const LINK_TIMEOUT_MS = 1_000;

/** Rejects with a `ConfigError`, or with the system's error for what the machine refuses; then nothing is left behind. */
export async function startHives(options: HivesOptions): Promise<RunningHives> {
  const { hives, nest, nestlerId, processNumber, reports, channels, env, version, log } = options;
  const bridges: Bridge[] = [];
  let shared: SharedState | undefined;
  let traces: Traces | undefined;
  const close = async () => {
    await Promise.all(bridges.map((bridge) => bridge.close()));
    await Promise.all([shared?.close(), traces?.close()]);
  };
  try {
    shared = await openSharedState(env, log);
    traces = await openTraces(env, version, log);
    const maxConnections = Math.ceil(connectionRoom() / hives.length);
    for (const { config, apiKeys, hid, secret } of hives) {
      bridges.push(
        await startBridge({
          config,
          apiKeys,
          hid,
          secret,
          nestlerId,
          processNumber,
          maxConnections,
          reports,
          channel: channels?.of(config.kind),
          observers: traces === undefined ? [] : [traces.observerOf(config.kind)],
          places: nest.placesFor(config),
          laterPlaces: nest.laterPlacesFor(config),
          shared: shared?.of(hid),
          journalFolder: journalFolder(env, config.kind),
          version,
          log: log.child({ hive: config.kind }),
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    bridges,
    async facts() {
      const links = bridges.map((bridge) => bridge.nest.whenUp(LINK_TIMEOUT_MS).catch(() => undefined));
      await Promise.all(links);
      return bridges.map((bridge) => toHiveFacts(bridge));
    },
    reload(settings) {
      for (const bridge of bridges) {
        const next = settings.find(({ config }) => config.kind === bridge.config.kind);
        if (next !== undefined) bridge.reload(next);
      }
    },
    close,
  };
}

/**
 * OpenTelemetry is loaded only here. Undefined where no endpoint is set, or OpenTelemetry's own switches say no. Rejects with a
 * `ConfigError` where it is not installed.
 */
async function openTraces(
  env: Readonly<Record<string, string | undefined>>,
  version: string,
  log: Logger,
): Promise<Traces | undefined> {
  const setting = TRACE_ENDPOINTS.find((name) => env[name]?.trim());
  const isOff = env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none';
  if (setting === undefined || isOff) return undefined;
  const protocol =
    env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']?.trim() || env['OTEL_EXPORTER_OTLP_PROTOCOL']?.trim();
  if (protocol && protocol !== OTLP_PROTOCOL)
    log.warn(
      `traces go out as ${OTLP_PROTOCOL}, and not as OTEL_EXPORTER_OTLP_PROTOCOL has it (${protocol}): set it to ${OTLP_PROTOCOL}, and OTEL_EXPORTER_OTLP_ENDPOINT to the collector's HTTP port, mostly 4318`,
    );
  const { startTraces } = await loadOptional(
    setting,
    '@opentelemetry/',
    () => import('../observe/traces.js'),
  );
  return startTraces(version, log);
}
