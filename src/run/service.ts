/** What the program starts, reloads and ends, whether it is one process or several, and what both begin with. */
import type { Logger } from 'pino';
import { type ChosenNest, chooseNest } from './choose-nest.js';
import type { ServeInvocation } from './command-line/invocation.js';
import {
  type PreparedHive,
  prepareHives,
  reloadSettings,
  requireIdentities,
  withoutUnserved,
} from './settings.js';

export interface ServeOptions {
  readonly invocation: ServeInvocation;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Logger;
  /** Prints a line for the user. */
  print(line: string): void;
}

export interface Service {
  /** Reads the configuration again and goes by it, without interrupting anything. What is wrong with it is only logged. */
  reload(): void;
  /** Drains and ends everything. May be called twice. */
  close(): Promise<void>;
  /** Ends at once what would outlive this process; absent where there is nothing. */
  kill?(): void;
}

/** The hives that were asked for, on the nest that was asked for or found. */
export interface PreparedService {
  /** As they are to be now. */
  readonly hives: readonly PreparedHive[];
  readonly nest: ChosenNest;
  /** Reads the configuration again; what is wrong with it is only logged. */
  reload(): readonly PreparedHive[];
}

/**
 * Validates all configuration, before any port is taken. Rejects with a `ConfigError` for what the user wrote, or with the system's error
 * for what the machine refuses.
 */
export async function prepareService(options: Omit<ServeOptions, 'print'>): Promise<PreparedService> {
  const { invocation, env, version, log } = options;
  const { flags, insecure, upstream: flag } = invocation;
  const reader = { env, flags, insecure, log };
  const asConfigured = await prepareHives(invocation.hives, reader);
  const configs = asConfigured.map(({ config }) => config);
  const nest = await chooseNest(invocation.nest, configs, env, { flag, version, log });
  try {
    requireIdentities(asConfigured, nest.plan, log);
  } catch (error) {
    await nest.close();
    throw error;
  }
  let hives = withoutUnserved(asConfigured, nest.plan);
  return {
    get hives() {
      return hives;
    },
    nest,
    reload() {
      hives = withoutUnserved(reloadSettings(hives, reader), nest.plan);
      return hives;
    },
  };
}
