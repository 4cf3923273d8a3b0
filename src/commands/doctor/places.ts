/** Where a hive looks for humds, and why there. */
import type { ConfigEntry } from '../../hive/load-table.js';
import { type Environment, locateSocket, rosterPath, type SocketRule } from '../../hive/paths.js';

export interface Place {
  readonly socket: string;
  readonly roster: string;
  /** How the path was found, in words. */
  readonly found: string;
}

export interface Places {
  readonly places: readonly Place[];
  /** The user named them: then a humd is meant, and no echo takes its place. */
  readonly areNamed: boolean;
}

/** What a hive of either role is configured with about sockets. */
export interface SocketSettings {
  readonly config: {
    readonly thrumSock?: string | undefined;
    readonly thrumSocks?: readonly { readonly socket: string; readonly roster: string }[];
  };
  readonly entries: readonly ConfigEntry[];
}

/** In the order in which the bridge dials them; at least one. */
export function findPlaces({ config, entries }: SocketSettings, env: Environment): Places {
  const sourceOf = (key: string) => {
    const source = entries.find((entry) => entry.key === key)?.source;
    if (source?.type === 'env') return `set by ${source.name}`;
    return source?.type === 'file' ? `set in ${source.path}` : 'set';
  };
  const { thrumSocks = [] } = config;
  if (thrumSocks.length > 0) {
    const found = sourceOf('thrumSocks');
    return { places: thrumSocks.map((one) => ({ ...one, found })), areNamed: true };
  }
  const explicit = config.thrumSock;
  const { path, rule } = locateSocket({ explicit, env, uid: process.getuid?.() ?? 0 });
  const found = rule === 'configured' ? sourceOf('thrumSock') : describeRule(rule);
  return { places: [{ socket: path, roster: rosterPath(env), found }], areNamed: explicit !== undefined };
}

function describeRule(rule: Exclude<SocketRule, 'configured'>): string {
  switch (rule) {
    case 'runtime.json':
      return 'as humd wrote it into runtime.json';
    case 'XDG_RUNTIME_DIR':
      return 'by XDG_RUNTIME_DIR';
    case 'XDG_STATE_HOME':
      return 'as there is one in the state folder';
    case 'run':
      return 'as /run/user has a hum folder';
    case 'tmp':
      return 'the last of the usual places';
    default:
      return rule satisfies never;
  }
}
