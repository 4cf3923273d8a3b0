/** Decides who answers: a humd, or the development daemon within this process. */

import type { LinkState } from '../conversation/port.js';
import { startEmbedded } from '../daemon/embedded.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { resolveSocketPath, rosterPath } from '../hive/paths.js';
import type { NestPlace } from './bridge.js';
import type { NestChoice } from './cli.js';
import { daemonAnswers } from './probe.js';

export interface ChosenNest {
  placeFor(config: HiveConfig): NestPlace;
  /** Who answers, in a few words for the start line. */
  describe(link: LinkState, config: HiveConfig): string;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How long a humd has to say its first word before it counts as absent. */
const PROBE_TIMEOUT_MS = 1_000;

/**
 * `auto` is `hum` if a daemon answers now, or if the socket was named explicitly; else it is `embedded`. The embedded
 * daemon serves the models of all `configs`.
 */
export async function chooseNest(
  choice: NestChoice,
  configs: readonly HiveConfig[],
  env: Environment,
): Promise<ChosenNest> {
  switch (choice) {
    case 'hum':
      return humNest(env);
    case 'embedded':
      return embeddedNest(configs, 'as asked');
    case 'auto': {
      const [first] = configs;
      if (configs.some((config) => config.thrumSock !== undefined)) return humNest(env);
      const socketPath = socketPathOf(first, env);
      if (await daemonAnswers(socketPath, PROBE_TIMEOUT_MS)) return humNest(env);
      return embeddedNest(configs, `no humd at ${socketPath}`);
    }
    default:
      return choice satisfies never;
  }
}

function humNest(env: Environment): ChosenNest {
  return {
    placeFor: (config) => ({ socketPath: () => socketPathOf(config, env), rosterPath: rosterPath(env) }),
    describe: (link, config) =>
      link === 'up'
        ? `humd at ${socketPathOf(config, env)}`
        : `humd (not there yet) at ${socketPathOf(config, env)}`,
    close: async () => undefined,
  };
}

async function embeddedNest(configs: readonly HiveConfig[], why: string): Promise<ChosenNest> {
  const embedded = await startEmbedded({
    models: [...new Set(configs.flatMap((config) => config.models.map(({ name }) => name)))],
  });
  return {
    placeFor: () => ({ socketPath: () => embedded.socketPath, rosterPath: embedded.beesPath }),
    describe: () => `embedded (${why}): nothing but an echo answers`,
    close: () => embedded.close(),
  };
}

function socketPathOf(config: HiveConfig | undefined, env: Environment): string {
  return resolveSocketPath({ explicit: config?.thrumSock, env, uid: process.getuid?.() ?? 0 });
}
