/** The table of models, and what there is to say below it. */
import type { ModelSource, ModelStatus, WorkerStatus } from '../../observe/status.js';
import { toPrintableLine } from '../../core/printable.js';
import { type Piece, toTable } from '../terminal-text.js';

export interface FoundModels {
  readonly hive: string;
  /** Where humd says who is there. */
  readonly roster: string;
  /** False: it is not known which worker serves what. */
  readonly rosterIsThere: boolean;
  readonly socket: string;
  /** False: the roster is what an earlier humd left behind. */
  readonly humdAnswers: boolean;
  readonly models: readonly ModelStatus[];
}

const HEADINGS = ['MODEL', 'WORKERS', 'STATEFULNESS', 'SOURCE', 'ALIAS OF'];

const SOURCES: Readonly<Record<ModelSource, string>> = {
  config: 'config',
  mesh: 'mesh',
  alias: 'alias',
  short: 'short name',
};

const UNKNOWN: Piece = { text: 'unknown', colour: 'dim' };
const NOBODY: Piece = { text: 'nobody', colour: 'yellow' };

/** One row for each model, below the headings. */
export function toModelTable(models: readonly ModelStatus[]): readonly (readonly Piece[])[] {
  const headings = HEADINGS.map((text): Piece => ({ text, colour: 'dim' }));
  return toTable([headings, ...models.map(toRow)]);
}

/** What the table leaves open; one line each. */
export function notesOn(found: FoundModels): readonly string[] {
  const { models, roster, rosterIsThere, socket, humdAnswers } = found;
  const namesOf = (wanted: ModelStatus['service']) =>
    models.filter(({ service }) => service === wanted).map(({ id }) => toPrintableLine(id));
  const unserved = namesOf('none');
  const stubs = namesOf('stub');
  return [
    ...(humdAnswers
      ? []
      : [
          rosterIsThere
            ? `no humd answers at ${socket}: the workers are those that it left in ${roster}; start it to see who is there`
            : `no humd answers at ${socket}, so nobody knows who serves what: start it, or set HUM_THRUM_SOCK if it is elsewhere`,
        ]),
    ...(humdAnswers || rosterIsThere
      ? []
      : [
          'a bridge that is started now answers all of them with an echo, until a humd is there (--nest auto)',
        ]),
    ...(humdAnswers && !rosterIsThere
      ? [`${roster} cannot be read, so nobody knows who serves what: set XDG_STATE_HOME as humd has it`]
      : []),
    ...(unserved.length > 0
      ? [`nobody serves ${unserved.join(', ')} now: start a worker that does, or take another model`]
      : []),
    ...(stubs.length > 0
      ? [`only a worker that never answers lists ${stubs.join(', ')}: start hum's claude-cli in its place`]
      : []),
  ];
}

function toRow({ id, target, source, workers, service }: ModelStatus): readonly Piece[] {
  return [
    { text: toPrintableLine(id) },
    service === 'stub'
      ? { text: `${toWorkers(workers).text} (never answers)`, colour: 'yellow' }
      : toWorkers(workers),
    { text: toStatefulness(workers ?? []) },
    { text: SOURCES[source] },
    { text: id === target ? '' : toPrintableLine(target) },
  ];
}

/** `2 claude-cli, 1 echo`. */
export function toWorkers(workers: readonly Pick<WorkerStatus, 'name'>[] | null): Piece {
  if (workers === null) return UNKNOWN;
  if (workers.length === 0) return NOBODY;
  const counts = new Map<string, number>();
  for (const { name } of workers) {
    const shown = toPrintableLine(name) || 'without a name';
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return { text: [...counts].map(([name, count]) => `${count} ${name}`).join(', ') };
}

export function toStatefulness(workers: readonly Pick<WorkerStatus, 'statefulness'>[]): string {
  const kinds = new Set(workers.map(({ statefulness }) => toPrintableLine(statefulness ?? 'not said')));
  return kinds.size === 0 ? '-' : [...kinds].join(', ');
}
