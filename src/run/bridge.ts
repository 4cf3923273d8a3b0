/** One hive in this process: its own configuration, identity, link and listener. */
import type { Logger } from 'pino';
import { createModelList } from '../hive/catalogue.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { isStateful, onlyWorkerOf } from '../hive/parse-roster.js';
import { RosterWatch } from '../hive/roster.js';
import { createAnthropicSurface } from '../http/anthropic/surface.js';
import { createApp } from '../http/app.js';
import { systemClock } from '../http/clock.js';
import { Listener } from '../http/listener.js';
import { createOllamaSurface } from '../http/ollama/surface.js';
import { OpenStreams } from '../http/open-streams.js';
import { createOpenAISurface } from '../http/openai/surface.js';
import { Journal } from '../journal/journal.js';
import { JournalledConversation } from '../journal/journalled-conversation.js';
import { StructuredConversation } from '../structured/structured-conversation.js';
import { Nest } from '../thrum/nest.js';
import { createGuards } from './guards.js';

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
  /** Where the journal's files go. */
  readonly journalFolder: string;
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

/**
 * Listens, then dials. Rejects with a `ConfigError` for what only shows here, or with the system's error if the address
 * cannot be bound.
 */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { config, place, log } = options;
  const guards = createGuards(config);
  const roster = new RosterWatch({ path: place.rosterPath });
  const modelsOf = createModelList({ configured: config.models, contextLength: config.contextLength });
  const nest = new Nest({
    ...config,
    introduction: {
      ...config,
      hive: config.kind,
      hid: options.hid,
      version: options.version,
      tools: config.declareTools,
    },
    catalogue: {
      models: (live) => modelsOf(live ? roster.current : undefined),
      onlyWorkerOf: (modelId) =>
        roster.current === undefined ? undefined : onlyWorkerOf(roster.current, modelId),
      isThere: (worker) => roster.current?.workers.some(({ client }) => client === worker) ?? true,
      onChange: (listener) => void roster.onChange(listener),
      isStateful: (modelId) => roster.current !== undefined && isStateful(roster.current, modelId),
      offersTool: (name) => roster.current?.tools.some((tool) => tool.name === name) ?? false,
      refresh: async () => (await roster.refresh()) !== undefined,
    },
    socketPath: place.socketPath,
    log,
  });
  const journal = new Journal({ folder: options.journalFolder, days: config.journalDays, log });
  const structured = new StructuredConversation(nest);
  const conversation =
    config.journalDays > 0
      ? new JournalledConversation(structured, (record) => journal.record(record))
      : structured;
  const surface = {
    ...config,
    conversation,
    usage: journal,
    streams: new OpenStreams(systemClock, config),
    clock: systemClock,
  };
  let isOpen = true;
  const app = createApp({
    surfaces: [createAnthropicSurface(surface), createOpenAISurface(surface), createOllamaSurface(surface)],
    conversation: nest,
    ...guards,
    clock: systemClock,
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
    await journal.flush();
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
