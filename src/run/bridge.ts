/** One hive in this process: its own configuration, identity, link and listener. */
import type { Logger } from 'pino';
import { listModels } from '../hive/catalogue.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { RosterWatch } from '../hive/roster.js';
import { createApp } from '../http/app.js';
import { systemClock } from '../http/clock.js';
import { ApiKeys } from '../http/guard.js';
import { Listener } from '../http/listener.js';
import { createOllamaSurface } from '../http/ollama/surface.js';
import { OpenStreams } from '../http/open-streams.js';
import { createOpenAISurface } from '../http/openai/surface.js';
import { StructuredConversation } from '../structured/structured-conversation.js';
import { Nest } from '../thrum/nest.js';

/** Where the daemon is. */
export interface NestPlace {
  socketPath(): string;
  /** humd's `bees.json`. */
  readonly rosterPath: string;
}

export interface BridgeOptions {
  readonly config: HiveConfig;
  readonly hid: string;
  readonly place: NestPlace;
  /** The bridge's own version. */
  readonly version: string;
  readonly log: Logger;
}

/** A hive that is listening. */
export interface Bridge {
  readonly config: HiveConfig;
  readonly url: string;
  readonly nest: Nest;
  /**
   * Takes no new requests, lets running turns go on for up to `config.drainMs`, cancels what is left and hangs up. May be
   * called twice.
   */
  close(): Promise<void>;
}

/** Listens, then dials. Rejects with the system's error if the address cannot be bound. */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { config, place, log } = options;
  const roster = new RosterWatch({ path: place.rosterPath });
  const nest = new Nest({
    ...config,
    introduction: { ...config, hive: config.kind, hid: options.hid, version: options.version },
    catalogue: {
      models: (live) =>
        listModels({
          configured: config.models,
          roster: live ? roster.current : undefined,
          contextLength: config.contextLength,
        }),
      offersTool: (name) => roster.current?.tools.some((tool) => tool.name === name) ?? false,
      refresh: async () => (await roster.refresh()) !== undefined,
    },
    socketPath: place.socketPath,
    log,
  });
  const surface = {
    ...config,
    conversation: new StructuredConversation(nest),
    streams: new OpenStreams(systemClock, config),
    clock: systemClock,
  };
  let isOpen = true;
  const app = createApp({
    surfaces: [createOpenAISurface(surface), createOllamaSurface(surface)],
    conversation: nest,
    apiKeys: new ApiKeys(config.apiKey),
    log,
    isOpen: () => isOpen,
  });
  const listener = new Listener(app);
  let port: number;
  try {
    port = await listener.listen(config.host, config.port);
  } catch (error) {
    roster.close();
    throw error;
  }
  nest.start({ host: config.host, port });

  const close = async () => {
    isOpen = false;
    await Promise.race([listener.drain(), delay(config.drainMs)]);
    await nest.close();
    await Promise.race([listener.drain(), delay(LAST_WORDS_MS)]);
    listener.destroy();
    roster.close();
  };
  let closing: Promise<void> | undefined;
  return {
    config,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    nest,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** How long cancelled turns have to tell their clients. */
const LAST_WORDS_MS = 500;

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
