/** Says what clients can make a worker do, and what is odd about the folders that it may work in. */
import { type ApiKey, smallestOf, type WorkerTools } from '../../core/rights.js';
import type { HiveConfig } from '../../hive/config-keys.js';
import { envNameOf } from '../../hive/env-variables.js';
import { missingFolders } from '../../hive/file-warnings.js';
import { readApiKeys } from '../../run/read-api-keys.js';
import { type Finding, toFinding, type Verdict } from './finding.js';

/** hives/OPERATING.md, "Security". */
const REMAINS =
  'still, Claude Code has a prompt before its tools can be looked at, and keeps every conversation in ~/.claude/projects';

export function checkRights(config: HiveConfig): readonly Finding[] {
  const apiKeys = readApiKeys(config.apiKey);
  const missing = missingFolders({ config, apiKeys }).map(
    (detail): Verdict => ({ status: 'warn', detail, remedy: 'make it, or name another one' }),
  );
  return [
    toFinding('rights', checkTools(config, apiKeys)),
    ...[...missing, ...checkFolders(config, apiKeys)].map((verdict) => toFinding('folders', verdict)),
    ...checkDefusing(config).map((verdict) => toFinding('texts', verdict)),
  ];
}

function checkTools(config: HiveConfig, apiKeys: readonly ApiKey[]): Verdict {
  // A name that has no entry has what the hive says.
  const given = [config, ...config.models].map(({ workerTools }) =>
    smallestOf([config.workerTools, workerTools]),
  );
  const largestOf = (key?: ApiKey) =>
    largest(given.map((tools) => smallestOf([tools, key?.workerTools ?? 'all'])));
  const whose = apiKeys.map((key, index) => ({
    who: `key ${key.name ?? index + 1}`,
    tools: largestOf(key),
  }));
  const most = apiKeys.length === 0 ? largestOf() : largest(whose.map(({ tools }) => tools));
  switch (most) {
    case 'none':
      return {
        status: 'ok',
        detail: `a model can write and use the tools that its client brings, and nothing else (workerTools); ${REMAINS}`,
      };
    case 'mesh':
      return {
        status: 'ok',
        detail: `a model can use the tools of other bees on this hum (workerTools), none of its worker's own; ${REMAINS}`,
      };
    case 'all': {
      const who = whose.flatMap(({ who: name, tools }) => (tools === 'all' ? [name] : []));
      return {
        status: 'warn',
        detail:
          `${who.length === 0 ? 'everybody who reaches the hive' : `whoever has ${who.join(' or ')}`} can have commands run, files read and ` +
          'changed, and the network used as the user that humd runs as',
        remedy: `if that is not meant, set ${envNameOf(config.kind, 'workerTools')}=none, or workerTools in the model's entry or the key's line`,
      };
    }
    default:
      return most satisfies never;
  }
}

function largest(all: readonly WorkerTools[]): WorkerTools {
  if (all.includes('all')) return 'all';
  return all.includes('mesh') ? 'mesh' : 'none';
}

function checkFolders(
  { kind, cwd, cwdRoots, models }: HiveConfig,
  apiKeys: readonly ApiKey[],
): readonly Verdict[] {
  const named = [cwd, ...models.map((entry) => entry.cwd), ...apiKeys.map((key) => key.cwd)];
  const verdicts: Verdict[] = [];
  if (cwdRoots.includes('/'))
    verdicts.push({
      status: 'warn',
      detail:
        "clients may name every folder of this machine (cwdRoots has /), and a folder's own settings may have Claude Code run commands",
      remedy: `set ${envNameOf(kind, 'cwdRoots')} to folders whose content you trust`,
    });
  else if (cwdRoots.length > 0 || named.some((folder) => folder !== undefined))
    verdicts.push({
      status: 'ok',
      detail: `workers work in ${cwdRoots.length > 0 ? `folders below ${cwdRoots.join(', ')}` : 'the configured folders'}; settings that lie there (.claude) may have Claude Code run commands`,
    });
  return verdicts;
}

function checkDefusing({ kind, defuseText }: HiveConfig): readonly Verdict[] {
  if (defuseText) return [];
  return [
    {
      status: 'warn',
      detail:
        "a client's /command and @path are carried out by Claude Code (defuseText is false): files can be read without any tool",
      remedy: `set ${envNameOf(kind, 'defuseText')}=true`,
    },
  ];
}
