/** The models that clients may name. */
import type { Model } from '../conversation/model.js';
import type { Roster } from './parse-roster.js';

/** Names that work without being listed, each for the first model whose name contains it. */
const SHORT_NAMES: readonly string[] = ['sonnet', 'haiku', 'opus'];

export interface ModelSources {
  /** Names from the configuration, in its order. */
  readonly configured: readonly string[];
  /** Undefined if nobody knows who is there. */
  readonly roster: Roster | undefined;
}

/** The configured models, then those that only workers advertise (sorted), then the short names. */
export function listModels({ configured, roster }: ModelSources): readonly Model[] {
  const live = new Set(roster?.workers.flatMap((worker) => worker.models));
  const names = [...new Set([...configured, ...[...live].sort()])];
  return [...names.map((id) => ({ id, target: id, listed: true })), ...aliasesFor(names, live)];
}

/** What a worker serves now goes before what is only configured. */
function aliasesFor(names: readonly string[], live: ReadonlySet<string>): readonly Model[] {
  const candidates = [...names.filter((name) => live.has(name)), ...names];
  return SHORT_NAMES.filter((short) => !names.includes(short)).flatMap((short) => {
    const target = candidates.find((name) => name.toLowerCase().includes(short));
    return target === undefined ? [] : [{ id: short, target, listed: false }];
  });
}
