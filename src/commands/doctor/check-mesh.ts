/** Checks which workers are on the mesh, and whether they serve the models that the hive lists. */
import { findModel } from '../../core/find-model.js';
import { isUnserved, type Model } from '../../core/model.js';
import { HUM_MODELS, listModels } from '../../hive/catalogue.js';
import type { HiveConfig } from '../../hive/config-keys.js';
import { envNameOf } from '../../hive/env-variables.js';
import type { Roster } from '../../hive/parse-roster.js';
import { profileOf } from '../../hive/worker-kinds.js';
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
  const { contextLength, embedTool, models: configured } = config;
  const models = listModels({ configured, contextLength, embedTool, roster, known: HUM_MODELS });
  const names = [...new Set(roster.workers.map(({ name }) => name || 'a worker without a name'))];
  const served = [...new Set(roster.workers.flatMap((worker) => worker.models))].sort();
  const answering = served.filter((name) => models.find(({ id }) => id === name)?.service === 'live');
  const count = roster.workers.length;
  const present: Verdict =
    answering.length === 0
      ? {
          status: 'fail',
          detail:
            count === 0 || served.length === 0
              ? 'no worker is on the mesh: humd answers, and nobody answers a prompt'
              : `no worker on the mesh answers a prompt: there is only ${names.join(', ')}`,
          remedy: 'install and start a worker: hum hive claude-cli install, then hum bee --list',
        }
      : {
          status: 'ok',
          detail: `${count} worker${count === 1 ? '' : 's'} (${names.join(', ')}) for ${answering.join(', ')}`,
        };
  const verdicts = [present, ...checkStubs(roster, models)];
  if (answering.length === 0) return verdicts;
  return [...verdicts, ...checkListed(config, models, answering), ...checkDefault(config, models)];
}

/** claude-repl lists models, and never answers for any of them. */
function checkStubs(roster: Roster, models: readonly Model[]): readonly Verdict[] {
  const stubs = roster.workers.filter((worker) => profileOf(worker).isStub);
  if (stubs.length === 0) return [];
  const listed = [...new Set(stubs.flatMap((worker) => worker.models))];
  const shared = listed.filter((name) => models.find(({ id }) => id === name)?.service === 'live');
  const name = stubs[0]?.name ?? '';
  return [
    {
      status: 'warn',
      detail:
        shared.length > 0
          ? `${name} never answers, and humd may give it the prompts for ${shared.join(', ')}`
          : `${name} never answers: ${listed.join(', ')} cannot be asked, which nobody else serves`,
      remedy: `stop it: hum bee ${name} exit`,
    },
  ];
}

function checkListed(
  config: HiveConfig,
  models: readonly Model[],
  answering: readonly string[],
): readonly Verdict[] {
  const isServed = (name: string) => models.some((model) => model.id === name && !isUnserved(model));
  const names = config.models.map(({ name }) => name);
  const unserved = names.filter((name) => !isServed(name));
  if (unserved.length === 0) return [];
  const kept = names.filter(isServed);
  return [
    {
      status: 'warn',
      detail: `nobody serves ${unserved.join(', ')}, which the hive lists`,
      remedy: `set ${envNameOf(config.kind, 'models')}=${(kept.length > 0 ? kept : answering).join(',')}, or start a worker that serves ${unserved.length === 1 ? 'it' : 'them'}`,
    },
  ];
}

function checkDefault({ kind, defaultModel }: HiveConfig, models: readonly Model[]): readonly Verdict[] {
  if (defaultModel === undefined) return [];
  const model = findModel(models, defaultModel);
  if (model !== undefined && !isUnserved(model)) return [];
  return [
    {
      status: 'warn',
      detail: `nobody serves ${defaultModel}, which is to answer to unknown names`,
      remedy: `set ${envNameOf(kind, 'defaultModel')} to a model that \`thrum-bridge models\` shows a worker for`,
    },
  ];
}
