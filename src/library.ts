/** What `import … from 'thrum-bridge'` gives: a bridge to be mounted in another server. It takes no port and no signal. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Hono } from 'hono';
import { type Logger, pino } from 'pino';
import { ConfigError } from './hive/config-error.js';
import type { HiveConfig } from './hive/config-keys.js';
import { hidOf, type Identity, loadIdentity } from './hive/identity.js';
import type { BridgeStatus } from './observe/status.js';
import { startBridge } from './run/bridge.js';
import { type ChosenNest, chooseNest } from './run/choose-nest.js';
import { withoutUnserved } from './run/settings.js';
import { mountable } from './run/mount.js';
import { type MountedConfig, toMountedConfig } from './run/mounted-config.js';
import { readApiKeys } from './run/read-api-keys.js';

export { type BridgeStatus, ConfigError, type MountedConfig };

/**
 * Who answers. `hum`: the humd of this machine. `auto`: that, or an echo until it is there. `embedded`: the echo. Or a humd's socket,
 * with its `bees.json` where that is not in its usual place. Or where the routes of an OpenAI-compatible server begin, and its key.
 */
export type NestOption =
  | 'hum'
  | 'auto'
  | 'embedded'
  | { readonly socket: string; readonly roster?: string }
  | { readonly upstream: string; readonly apiKey?: string };

export interface CreateBridgeOptions {
  /** `hum` without it. */
  readonly nest?: NestOption;
  /** What it is to hum, and whose defaults hold; `ollama-server` without it. */
  readonly hive?: string;
  /** Keys of hives/CONFIGURATION.md, over the defaults. No file is read, and no environment. */
  readonly config?: MountedConfig;
  /** Gets the log. Nothing is written anywhere without it. */
  readonly log?: Logger;
  /** Absolute; the identity is kept there, made at the first start. Without it there is a new one each time. */
  readonly keyFile?: string;
  /** Absolute; the journal of turns and of refused requests is kept there. Without it there is none. */
  readonly journalFolder?: string;
}

export interface MountedBridge {
  /** Answers everything below the path that it is mounted at: `app.route('/llm', bridge.app)`. */
  readonly app: Hono;
  /** The same for servers that are not Hono's. Streams come as the body, which its turn ends with when it is cancelled. */
  readonly fetch: (request: Request, ...rest: unknown[]) => Response | Promise<Response>;
  /** Resolves as soon as models can be asked; rejects after `timeoutMs`. Requests wait for that by themselves. */
  whenUp(timeoutMs: number): Promise<void>;
  status(): BridgeStatus;
  /**
   * Refuses new requests, lets running ones go on for up to `config.drainMs`, and lets go of everything. May be called twice.
   */
  close(): Promise<void>;
}

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** Rejects with a `ConfigError` for options that cannot be used. */
export async function createBridge(options: CreateBridgeOptions = {}): Promise<MountedBridge> {
  const { nest: nestOption = 'hum', log = pino({ level: 'silent' }), keyFile, journalFolder } = options;
  requireAbsolute({ keyFile, journalFolder });
  const config = toMountedConfig(
    options.hive ?? 'ollama-server',
    { ...options.config, ...(journalFolder === undefined ? { journalDays: 0 } : {}) },
    toPlace(nestOption),
  );
  const identity = keyFile === undefined ? newIdentity() : loadIdentity({ keyPath: keyFile });
  const apiKeys = readApiKeys(config.apiKey);
  const nest = await openNest(nestOption, config, log);
  try {
    const [hive = { config, apiKeys }] = withoutUnserved([{ config, apiKeys }], nest.plan);
    const bridge = await startBridge({
      ...hive,
      ...identity,
      places: nest.placesFor(config),
      laterPlaces: nest.laterPlacesFor(config),
      journalFolder: journalFolder ?? '',
      isMounted: true,
      version,
      log,
    });
    const app = mountable(bridge);
    return {
      app,
      fetch: (request, env) => app.fetch(request, env),
      whenUp: (timeoutMs) => bridge.nest.whenUp(timeoutMs),
      status: () => bridge.status(),
      async close() {
        await bridge.close();
        await nest.close();
      },
    };
  } catch (error) {
    await nest.close();
    throw error;
  }
}

/** For one run. */
function newIdentity(): Identity {
  return { hid: hidOf(randomBytes(32)), secret: randomBytes(32).toString('hex') };
}

/** What the configuration says of a humd that is named. Throws `ConfigError`. */
function toPlace(nest: NestOption): Partial<Pick<HiveConfig, 'thrumSock' | 'thrumSocks'>> {
  if (typeof nest === 'string' || !('socket' in nest)) return {};
  const { socket, roster } = nest;
  requireAbsolute({ 'nest.socket': socket, 'nest.roster': roster });
  return roster === undefined ? { thrumSock: socket } : { thrumSocks: [{ socket, roster }] };
}

function openNest(nest: NestOption, config: HiveConfig, log: Logger): Promise<ChosenNest> {
  if (typeof nest === 'object' && 'upstream' in nest) {
    const { upstream, apiKey } = nest;
    return chooseNest('embedded', [config], { OPENAI_API_KEY: apiKey }, { flag: upstream, version, log });
  }
  const choice = typeof nest === 'object' ? 'hum' : nest;
  if (!['hum', 'auto', 'embedded'].includes(choice))
    throw new ConfigError("nest must be 'hum', 'auto', 'embedded', {socket} or {upstream}");
  const { HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR } = process.env;
  return chooseNest(choice, [config], { HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR });
}

function requireAbsolute(paths: Readonly<Record<string, string | undefined>>): void {
  for (const [name, path] of Object.entries(paths))
    if (path !== undefined && !isAbsolute(path)) throw new ConfigError(`${name} must be an absolute path`);
}
