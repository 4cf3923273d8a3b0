/** Checks which workers are on the mesh, and whether they serve the models that the hive lists. */
import type { HiveConfig } from '../../hive/config-keys.js';
import { envNameOf } from '../../hive/env-name.js';
import type { Roster } from '../../hive/parse-roster.js';
import type { Verdict } from './finding.js';

/** @param roster undefined if the file at `path` cannot be read */
export function checkMesh(config: HiveConfig, roster: Roster | undefined, path: string): readonly Verdict[] {
  if (roster === undefined)
    return [
      {
        status: 'warn',
        detail: `${path}, in which humd lists its bees, cannot be read: models are not checked before they are asked`,
        remedy: 'start the bridge with the XDG_STATE_HOME that humd has',
      },
    ];
  const served = [...new Set(roster.workers.flatMap(({ models }) => models))].sort();
  if (served.length === 0)
    return [
      {
        status: 'fail',
        detail: 'no worker is on the mesh: humd answers, and nobody answers a prompt',
        remedy: 'install and start a worker: hum hive claude-cli install, then hum bee --list',
      },
    ];
  const names = [...new Set(roster.workers.map(({ name }) => name || 'a worker without a name'))];
  const count = roster.workers.length;
  const present: Verdict = {
    status: 'ok',
    detail: `${count} worker${count === 1 ? '' : 's'} (${names.join(', ')}) for ${served.join(', ')}`,
  };
  const unserved = config.models.map(({ name }) => name).filter((name) => !served.includes(name));
  if (unserved.length === 0) return [present];
  const kept = config.models.map(({ name }) => name).filter((name) => served.includes(name));
  return [
    present,
    {
      status: 'warn',
      detail: `nobody serves ${unserved.join(', ')}, which the hive lists`,
      remedy: `set ${envNameOf(config.kind, 'models')}=${(kept.length > 0 ? kept : served).join(',')}, or start a worker that serves ${unserved.length === 1 ? 'it' : 'them'}`,
    },
  ];
}
